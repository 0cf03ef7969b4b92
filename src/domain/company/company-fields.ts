// What each field of a company may hold: one schema per field, from which every port builds its own form.
import { z } from 'zod';
import type { IpRestriction } from '../address/ip-rule-list.ts';
import { type IpRestrictionPatch, ipRestrictionField } from '../address/restriction-change.ts';
import { lineOfText } from '../text.ts';

export const companyFields = {
  name: lineOfText('Name', 200),
  parentId: z
    .string({ error: 'The company above must be text.' })
    .min(1, { error: 'Choose the company above.' })
    .max(100, { error: 'There is no such company.' }),
  reseller: z.boolean({ error: 'Reseller must be true or false.' }),
  status: z.enum(['active', 'suspended'], { error: 'Status must be active or suspended.' }),
  ipRestriction: ipRestrictionField,
} as const;

type Output<K extends keyof typeof companyFields> = z.output<(typeof companyFields)[K]>;

export interface NewCompany {
  readonly name: Output<'name'>;
  /** The caller's own company when absent. */
  readonly parentId?: Output<'parentId'> | undefined;
  readonly reseller?: Output<'reseller'> | undefined;
  readonly ipRestriction?: IpRestriction | undefined;
}

/** A company stays where it was made: what is below it, and all rights over it, hang on its place. A field that is absent stays as it is. */
export interface CompanyPatch {
  readonly name?: Output<'name'> | undefined;
  readonly reseller?: Output<'reseller'> | undefined;
  readonly status?: Output<'status'> | undefined;
  readonly ipRestriction?: IpRestrictionPatch | undefined;
}
