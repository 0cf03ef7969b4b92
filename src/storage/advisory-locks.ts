// The advisory locks of one installation, told apart by their second number. The first is ours among all programs of a database.
// The lock under which audit events are stored, `7096310, 1`, is taken by append_audit_events (migrations).

/** Held by the session that migrates. */
export const MIGRATION_LOCK = '7096310, 2';
/** Held by the session that tidies up. */
export const HOUSEKEEPING_LOCK = '7096310, 3';
/** Held by a transaction that makes what there may be one of: the current signing key, the first user. */
export const FIRST_OF_ITS_KIND_LOCK = '7096310, 4';
/** Held by a transaction that may take away the last user who can manage users. */
export const USER_MANAGERS_LOCK = '7096310, 5';
/** Held by a transaction that names a role: names are unique over companies that can choose it. */
export const ROLE_NAMES_LOCK = '7096310, 6';
