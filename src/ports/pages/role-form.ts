// The form of a role: its boxes, and what stands for what.
import { companyPrefix, type RoleFormValues } from '../../../views/pages/role-form.tsx';
import {
  groupPrefix,
  type PickerApi,
  type PickerGroup,
  privilegePrefix,
} from '../../../views/parts/privilege-picker.tsx';
import { Problem } from '../../base/problem.ts';
import { privilegeName } from '../../domain/api/privilege.ts';
import type { GrantableCatalogue, GrantablePrivilege } from '../../domain/role/granting.ts';
import { MAX_ROLE_PRIVILEGES, roleFields } from '../../domain/role/role-fields.ts';
import type { ApiNames } from './api-names.ts';
import { FormFaults } from './form.ts';

export const ROLE_FORM_FIELDS = [
  'name',
  'description',
  'company_id',
] as const satisfies readonly (keyof RoleFormValues)[];

/** A box for each privilege and group, and for some hundred companies. */
export const ROLE_FORM_LIMITS = { bytes: 1024 * 1024, fields: 2 * MAX_ROLE_PRIVILEGES };

export interface Boxes {
  /** As `<api id>/<scope>`. */
  readonly privileges: readonly string[];
  /** As `<api id>/<group>`. */
  readonly groups: readonly string[];
  readonly companies: readonly string[];
}

/** The boxes that are ticked, and the rest of the form. */
export function takeBoxes(form: Readonly<Record<string, string>>): { boxes: Boxes; rest: Record<string, string> } {
  const taken = { privileges: [] as string[], groups: [] as string[], companies: [] as string[] };
  const kinds = [
    { prefix: privilegePrefix, list: taken.privileges },
    { prefix: groupPrefix, list: taken.groups },
    { prefix: companyPrefix, list: taken.companies },
  ];
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(form)) {
    const kind = kinds.find(({ prefix }) => name.startsWith(prefix));
    if (!kind) rest[name] = value;
    else if (value === 'on') kind.list.push(name.slice(kind.prefix.length));
    else throw new Problem('request.malformed', 'A box of this form has a value that is not one of ours.');
  }
  return { boxes: taken, rest };
}

/** The single privileges, and all of each whole group that may be given. */
export function chosenPrivileges(
  boxes: Boxes,
  { privileges }: Pick<GrantableCatalogue, 'privileges'>,
): readonly string[] {
  const groups = new Set(boxes.groups);
  const ofGroups = privileges.filter(
    ({ apiId, group, obstacle }) => obstacle === null && groups.has(`${apiId}/${group}`),
  );
  return [...new Set([...boxes.privileges, ...ofGroups.map(({ apiId, scope }) => privilegeName(apiId, scope))])];
}

export function parseRoleForm(values: RoleFormValues, privileges: readonly string[], companies: readonly string[]) {
  const faults = new FormFaults();
  const name = faults.check('name', roleFields.name, values.name);
  const description = faults.check('description', roleFields.description, values.description);
  const companyId = faults.check('company_id', roleFields.companyId, values.company_id);
  const lists = {
    privileges: roleFields.privileges.safeParse(privileges),
    availableTo: roleFields.availableTo.safeParse(companies),
  };
  for (const issue of lists.privileges.error?.issues ?? []) faults.add('privileges', issue.message);
  for (const issue of lists.availableTo.error?.issues ?? []) faults.add('available_to', issue.message);
  const isComplete = name !== undefined && description !== undefined && companyId !== undefined;
  const input =
    isComplete && lists.privileges.success && lists.availableTo.success
      ? { name, description, companyId, privileges: lists.privileges.data, availableTo: lists.availableTo.data }
      : undefined;
  return { input, faults };
}

export function roleFieldOf(pointer: string): string | undefined {
  return /^\/(name|description|company_id|privileges|available_to)(?:\/\d+)?$/.exec(pointer)?.[1];
}

/** The catalogue as the tree to pick from. */
export function toPicker(
  catalogue: Pick<GrantableCatalogue, 'privileges'>,
  names: ApiNames,
  chosen: ReadonlySet<string>,
): readonly PickerApi[] {
  const apis = new Map<string, Map<string, GrantablePrivilege[]>>();
  for (const privilege of catalogue.privileges) {
    const groups = apis.get(privilege.apiId) ?? new Map<string, GrantablePrivilege[]>();
    apis.set(privilege.apiId, groups);
    const privileges = groups.get(privilege.group) ?? [];
    groups.set(privilege.group, privileges);
    privileges.push(privilege);
  }
  const toGroup = (group: string, privileges: readonly GrantablePrivilege[]): PickerGroup => ({
    group,
    privileges: privileges.map((privilege) => ({
      scope: privilege.scope,
      description: privilege.description,
      level: privilege.level,
      isChosen: chosen.has(privilegeName(privilege.apiId, privilege.scope)),
      obstacle: obstacleInWords(privilege),
    })),
  });
  return [...apis].map(([id, groups]) => ({
    id,
    name: names.get(id) ?? id,
    groups: [...groups].map(([group, privileges]) => toGroup(group, privileges)),
  }));
}

function obstacleInWords({ obstacle, level }: GrantablePrivilege): string | null {
  if (obstacle === null) return null;
  if (obstacle === 'not_held') return 'You don’t hold it yourself.';
  return level === 'root' ? 'For the root company alone.' : 'For resellers alone.';
}
