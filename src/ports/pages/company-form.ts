// The form of a company: from what was typed to what the domain takes, and the domain's faults back to the fields.
import type { CompanyFormValues } from '../../../views/pages/company-form.tsx';
import type { CompanySummary } from '../../domain/company/company-store.ts';
import { companyFields } from '../../domain/company/company-fields.ts';
import { fieldOfPointer, FormFaults } from './form.ts';
import { checkRestriction, restrictionFieldOf } from './restriction-form.ts';

export const COMPANY_FORM_FIELDS = [
  'name',
  'parent_id',
  'reseller',
  'ip_mode',
  'ip_rules',
] as const satisfies readonly (keyof CompanyFormValues)[];

export const NEW_COMPANY_VALUES: CompanyFormValues = {
  name: '',
  parent_id: '',
  reseller: 'false',
  ip_mode: 'off',
  ip_rules: '',
};

export function valuesOfCompany(company: CompanySummary): CompanyFormValues {
  return {
    name: company.name,
    parent_id: company.parentId ?? '',
    reseller: String(company.reseller),
    ip_mode: company.ipRestriction.mode,
    ip_rules: company.ipRestriction.rules.join('\n'),
  };
}

export interface CompanyInput {
  readonly name: string;
  readonly reseller: boolean;
  readonly ipRestriction: NonNullable<ReturnType<typeof checkRestriction>>;
}

/** All faults at once, or the input. */
export function parseCompanyForm(values: CompanyFormValues): {
  readonly input: CompanyInput | undefined;
  readonly faults: FormFaults;
} {
  const faults = new FormFaults();
  if (!['true', 'false'].includes(values.reseller)) faults.add('reseller', 'Choose what kind of company this is.');
  const fields = {
    name: faults.check('name', companyFields.name, values.name),
    reseller: values.reseller === 'true',
    ipRestriction: checkRestriction(faults, values),
  };
  return { input: faults.isEmpty ? (fields as CompanyInput) : undefined, faults };
}

export function companyFieldOf(pointer: string): string | undefined {
  const restriction = restrictionFieldOf(pointer);
  if (restriction !== undefined) return restriction;
  const name = fieldOfPointer(pointer);
  return COMPANY_FORM_FIELDS.some((field) => field === name) ? name : undefined;
}
