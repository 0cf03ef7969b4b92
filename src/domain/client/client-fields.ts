// What each field of a client may hold: one schema per field, from which every port builds its own form.
import { z } from 'zod';
import { type IpRestrictionPatch, ipRestrictionField } from '../address/restriction-change.ts';
import { freeText, instantText, lineOfText } from '../text.ts';
import { MAX_TOKEN_LIFETIME_SECONDS, MIN_TOKEN_LIFETIME_SECONDS } from './client.ts';

const identifier = (what: string) =>
  z
    .string({ error: `${what} must be text.` })
    .min(1, { error: `Choose ${what}.` })
    .max(100, { error: `There is no such ${what}.` });

export const clientFields = {
  name: lineOfText('Name', 200),
  description: freeText('Description'),
  companyId: identifier('company'),
  roleId: identifier('role'),
  status: z.enum(['active', 'inactive'], { error: 'Status must be active or inactive.' }),
  ipRestriction: ipRestrictionField,
  defaultApi: identifier('API'),
  tokenLifetimeSeconds: z
    .int({ error: 'Token lifetime must be a whole number of seconds.' })
    .min(MIN_TOKEN_LIFETIME_SECONDS, {
      error: `Token lifetime must be at least ${MIN_TOKEN_LIFETIME_SECONDS} seconds.`,
    })
    .max(MAX_TOKEN_LIFETIME_SECONDS, {
      error: `Token lifetime must be at most ${MAX_TOKEN_LIFETIME_SECONDS} seconds.`,
    }),
  tokenFormat: z.enum(['jwt', 'opaque'], { error: 'Token format must be jwt or opaque.' }),
  authMethod: z.literal('client_secret', { error: 'Authentication method must be client_secret.' }),
  expiresAt: instantText('Expiry').nullable(),
} as const;

type Output<K extends keyof typeof clientFields> = z.output<(typeof clientFields)[K]>;

/** What may be given at registration. */
export interface ClientRegistration {
  readonly name: Output<'name'>;
  readonly roleId: Output<'roleId'>;
  readonly companyId?: Output<'companyId'> | undefined;
  readonly description?: Output<'description'> | undefined;
  readonly status?: Output<'status'> | undefined;
  readonly ipRestriction?: Output<'ipRestriction'> | undefined;
  readonly defaultApi?: Output<'defaultApi'> | undefined;
  readonly tokenLifetimeSeconds?: Output<'tokenLifetimeSeconds'> | undefined;
  readonly tokenFormat?: Output<'tokenFormat'> | undefined;
  readonly authMethod?: Output<'authMethod'> | undefined;
  readonly expiresAt?: Output<'expiresAt'> | undefined;
}

/** What may be changed later: everything but the company. A field that is absent stays as it is, a part of the IP restriction too. */
export type ClientPatch = {
  readonly [K in Exclude<keyof ClientRegistration, 'companyId' | 'ipRestriction'>]?: ClientRegistration[K] | undefined;
} & {
  readonly ipRestriction?: IpRestrictionPatch | undefined;
};
