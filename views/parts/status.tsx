// A state as a mark and a word. The marks differ in shape, not only in colour.

export type StatusTone = 'good' | 'off' | 'bad' | 'warn';

export function Status({ tone, children }: { tone: StatusTone; children: string }) {
  return (
    <span class={`status ${tone}`}>
      <span class="status-mark" aria-hidden="true" />
      {children}
    </span>
  );
}

export type ClientStatus = 'active' | 'inactive' | 'expired';

const clientStatusWords = { active: 'Active', inactive: 'Inactive', expired: 'Expired' } as const;

export function ClientStatusMark({ status }: { status: ClientStatus }) {
  const tone = status === 'active' ? 'good' : status === 'inactive' ? 'off' : 'warn';
  return <Status tone={tone}>{clientStatusWords[status]}</Status>;
}

export type Outcome = 'success' | 'refused' | 'failed' | 'reported';

const outcomeTones = { success: 'good', refused: 'bad', failed: 'bad', reported: 'warn' } as const;
const outcomeWords = { success: 'Success', refused: 'Refused', failed: 'Failed', reported: 'Reported' } as const;

/** `word` replaces the usual word, for example "Issued" for a token. */
export function OutcomeMark({ outcome, word }: { outcome: Outcome; word?: string | undefined }) {
  return <Status tone={outcomeTones[outcome]}>{word ?? outcomeWords[outcome]}</Status>;
}

/** `above`: not suspended itself, but one of the companies above it is. */
export type CompanyStatus = 'active' | 'suspended' | 'above';

const companyStatusWords = { active: 'Active', suspended: 'Suspended', above: 'Suspended above' } as const;

export function CompanyStatusMark({ status }: { status: CompanyStatus }) {
  return <Status tone={status === 'active' ? 'good' : 'off'}>{companyStatusWords[status]}</Status>;
}

/** `invited`: active, but without a password yet. */
export type UserStatus = 'active' | 'inactive' | 'invited';

const userStatusTones = { active: 'good', inactive: 'off', invited: 'warn' } as const;
const userStatusWords = { active: 'Active', inactive: 'Inactive', invited: 'Invited' } as const;

export function UserStatusMark({ status }: { status: UserStatus }) {
  return <Status tone={userStatusTones[status]}>{userStatusWords[status]}</Status>;
}
