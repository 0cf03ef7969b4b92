// What a caller is told whose token is right and whose address is not. Whose rules they are says where an administrator has to look.
import type { AddressRefusal } from './access-decision.ts';

const WORDS: Readonly<Record<AddressRefusal, { readonly who: string; readonly rules: string }>> = {
  company_address_refused: { who: 'Clients and users of this company', rules: 'The IP restriction of the company' },
  address_refused: { who: 'This client', rules: 'Its IP restriction' },
  token_address_refused: { who: 'This API token', rules: 'Its own IP restriction' },
};

/** `address` as seen, in canonical text; null when it cannot be told. */
export function describeAddressRefusal(refusal: AddressRefusal, address: string | null): string {
  const { who, rules } = WORDS[refusal];
  return address === null
    ? `${who} may only call from certain addresses, and yours cannot be told: the proxy before Postern sends no valid X-Forwarded-For.`
    : `${who} may not call from your address, which Postern sees as ${address}. ${rules} must allow it first.`;
}
