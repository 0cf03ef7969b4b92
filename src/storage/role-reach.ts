// Which roles a caller can see.

/**
 * An SQL condition on `role r`: the standard ones, those of companies within reach, and those made available to one. `reached` is
 * the condition that a company `co` lies within reach.
 */
export function isSeenRole(reached: string): string {
  return `(
  r.kind = 'standard'
  OR EXISTS (SELECT FROM company co WHERE co.id = r.company_id AND ${reached})
  OR EXISTS (
    SELECT FROM role_company rc JOIN company co ON co.id = rc.company_id WHERE rc.role_id = r.id AND ${reached})
)`;
}
