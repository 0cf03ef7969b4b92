// What each field of a custom role may hold: one schema per field, from which every port builds its own form.
import { z } from 'zod';
import { MANAGEMENT_API_ID, privilegeName } from '../api/privilege.ts';
import { freeText, lineOfText } from '../text.ts';

export const MAX_ROLE_PRIVILEGES = 5000;
const MAX_AVAILABLE_TO = 10_000;

const companyId = z
  .string({ error: 'A company must be text.' })
  .min(1, { error: 'Choose a company.' })
  .max(100, { error: 'There is no such company.' });

/** `<api id>/<scope>`; a bare scope is the Management API's. A scope may contain `/` itself, an API's id never does. */
export const privilegeField = z
  .string({ error: 'A privilege must be text.' })
  .min(1, { error: 'Name a privilege, such as clients:read.' })
  .max(400, { error: 'There is no such privilege.' })
  .transform((value) => (/^[a-z0-9-]+\//.test(value) ? value : privilegeName(MANAGEMENT_API_ID, value)));

export const roleFields = {
  name: lineOfText('Name', 100),
  description: freeText('Description'),
  companyId,
  privileges: z
    .array(privilegeField, { error: 'Privileges must be a list of texts.' })
    .max(MAX_ROLE_PRIVILEGES, { error: `A role has at most ${MAX_ROLE_PRIVILEGES} privileges.` }),
  availableTo: z
    .array(companyId, { error: 'Available to must be a list of ids of companies.' })
    .max(MAX_AVAILABLE_TO, { error: `A role can be made available to at most ${MAX_AVAILABLE_TO} companies.` }),
} as const;

type Output<K extends keyof typeof roleFields> = z.output<(typeof roleFields)[K]>;

export interface NewRole {
  readonly name: Output<'name'>;
  /** The caller's own company when absent. */
  readonly companyId?: Output<'companyId'> | undefined;
  readonly description?: Output<'description'> | undefined;
  readonly privileges: Output<'privileges'>;
  readonly availableTo?: Output<'availableTo'> | undefined;
}

/** A role stays in its company. A field that is absent stays as it is; a list that is given replaces the whole list. */
export type RolePatch = { readonly [K in Exclude<keyof NewRole, 'companyId'>]?: NewRole[K] | undefined };
