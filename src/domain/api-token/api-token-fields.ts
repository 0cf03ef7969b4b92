// What each field of an API token may hold: one schema per field, from which every port builds its own form.
import { z } from 'zod';
import { type IpRestrictionPatch, ipRestrictionField } from '../address/restriction-change.ts';
import { privilegeField } from '../role/role-fields.ts';
import { instantText, lineOfText } from '../text.ts';

const MAX_PRIVILEGES = 2_000;

const ownerId = (what: string) =>
  z
    .string({ error: `A ${what} must be text.` })
    .min(1, { error: `Choose a ${what}.` })
    .max(100, { error: `There is no such ${what}.` });

export const apiTokenFields = {
  name: lineOfText('Name', 200),
  clientId: ownerId('client'),
  userId: ownerId('user'),
  privileges: z
    .array(privilegeField, { error: 'Privileges must be a list of texts.' })
    .min(1, { error: 'Choose at least one privilege.' })
    .max(MAX_PRIVILEGES, { error: `An API token has at most ${MAX_PRIVILEGES.toLocaleString('en')} privileges.` }),
  ipRestriction: ipRestrictionField,
  expiresAt: instantText('Expiry').nullable(),
} as const;

type Output<K extends keyof typeof apiTokenFields> = z.output<(typeof apiTokenFields)[K]>;

/** Neither client nor user: it belongs to the caller. */
export interface ApiTokenCreation {
  readonly name: Output<'name'>;
  readonly clientId?: Output<'clientId'> | undefined;
  readonly userId?: Output<'userId'> | undefined;
  readonly privileges: Output<'privileges'>;
  readonly ipRestriction?: Output<'ipRestriction'> | undefined;
  readonly expiresAt?: Output<'expiresAt'> | undefined;
}

/** Everything but the owner. A field that is absent stays as it is, a part of the IP restriction too. */
export interface ApiTokenPatch {
  readonly name?: Output<'name'> | undefined;
  readonly privileges?: Output<'privileges'> | undefined;
  readonly ipRestriction?: IpRestrictionPatch | undefined;
  readonly expiresAt?: Output<'expiresAt'> | undefined;
}
