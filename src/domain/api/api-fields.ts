// What each field of an API may hold: one schema per field, from which every port builds its own form.
import { z } from 'zod';
import { freeText, lineOfText } from '../text.ts';
import { MAX_IDENTIFIER, readIdentifier } from './api-identifier.ts';
import type { ApiAvailability } from './api.ts';

export const MAX_API_PRIVILEGES = 5000;
const MAX_AVAILABLE_TO = 10_000;
/** As in imported descriptions, so that what was imported can be sent back. */
const MAX_SCOPE = 200;

/** Places of the pages: `/apis/new`, `/docs/assets/…`. */
const RESERVED_IDS = ['new', 'assets'];

const id = z
  .string({ error: 'Id must be text.' })
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, {
    error: 'An id has 1 to 40 characters: a to z, 0 to 9, and - between them. It is chosen once.',
  })
  .refine((value) => !RESERVED_IDS.includes(value), { error: 'This id is reserved. Choose another.' });

/** Kept as it was typed: what it becomes is told in a notice. */
const identifier: z.ZodType<string, string> = z
  .string({ error: 'Identifier must be text.' })
  .superRefine((value, context) => {
    const reading = readIdentifier(value);
    if (!reading.ok) context.addIssue({ code: 'custom', message: reading.detail });
  })
  .meta({ type: 'string', format: 'uri', maxLength: MAX_IDENTIFIER });

const companyId = z
  .string({ error: 'A company must be text.' })
  .min(1, { error: 'Choose a company.' })
  .max(100, { error: 'There is no such company.' });

const scope = z
  .string({ error: 'Scope must be text.' })
  .min(1, { error: 'Enter a scope, such as orders:read.' })
  .max(MAX_SCOPE, { error: `A scope has at most ${MAX_SCOPE} characters.` })
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]*$/, {
    error: 'A scope has visible ASCII characters except " and \\ (RFC 6749 §3.3), and no blanks.',
  });

const privilegeFields = {
  scope,
  group: lineOfText('Group', 100),
  description: freeText('Description', 300),
  level: z.enum(['company', 'reseller', 'root'], { error: 'Level must be company, reseller or root.' }),
};

const privilege = z.strictObject(
  {
    scope,
    group: privilegeFields.group.optional(),
    description: privilegeFields.description.optional(),
    level: privilegeFields.level.optional(),
  },
  { error: 'A privilege is an object with scope, group, description and level.' },
);

export const apiFields = {
  id,
  identifier,
  name: lineOfText('Name', 100),
  description: freeText('Description'),
  privileges: z
    .array(privilege, { error: 'Privileges must be a list of objects.' })
    .max(MAX_API_PRIVILEGES, { error: `An API has at most ${MAX_API_PRIVILEGES.toLocaleString('en')} privileges.` }),
  /** Of a single one. */
  privilege: privilegeFields,
  availableTo: z.union(
    [
      z.literal('all'),
      z.array(companyId).max(MAX_AVAILABLE_TO, {
        error: `At most ${MAX_AVAILABLE_TO.toLocaleString('en')} companies can be named. Name those above them, or “all”.`,
      }),
    ],
    { error: 'Available to must be “all” or a list of ids of companies.' },
  ),
  docsPrivate: z.boolean({ error: 'Docs private must be true or false.' }),
  unknownOperations: z.enum(['refuse', 'allow'], { error: 'Unknown operations must be refuse or allow.' }),
} as const;

/** A privilege as it is given; the group is read off the scope, the level is `company`, where they are absent. */
export type GivenPrivilege = z.output<typeof privilege>;

export interface ApiPatch {
  readonly identifier?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** The whole list. */
  readonly privileges?: readonly GivenPrivilege[] | undefined;
  readonly availableTo?: ApiAvailability | undefined;
  readonly docsPrivate?: boolean | undefined;
  readonly unknownOperations?: 'refuse' | 'allow' | undefined;
}

/** An API stays what its id says: clients and roles refer to it. A field that is absent stays as it is. */
export interface NewApi extends ApiPatch {
  readonly id: string;
  readonly identifier: string;
  readonly name: string;
}
