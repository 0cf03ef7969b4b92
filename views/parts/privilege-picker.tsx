// Picking privileges out of a tree of APIs and groups: whole groups or single ones. Made for thousands of them; a script adds the search.

import { FieldFaults, fieldId, type FieldErrors } from './field.tsx';
import { Icon } from './icon.tsx';

export type PickerPrivilege = {
  /** The scope value, such as `clients:read`. */
  scope: string;
  description: string;
  level: 'company' | 'reseller' | 'root';
  isChosen: boolean;
  /** Why it can't be chosen; null when it can. */
  obstacle: string | null;
};

export type PickerGroup = { group: string; privileges: readonly PickerPrivilege[] };

export type PickerApi = { id: string; name: string; groups: readonly PickerGroup[] };

export type PrivilegePickerProps = {
  apis: readonly PickerApi[];
  errors: FieldErrors;
  /** What can be chosen, and why the rest can't. */
  hint?: string;
};

const roleHint = 'The box of a group takes all of it. What you don’t hold yourself you can’t give.';

/** Larger ones are folded, unless something in them is chosen. */
const openUpTo = 40;

/** How a privilege is named in the form; a group's box adds all of it that can be chosen. */
export const privilegePrefix = 'privilege:';
export const groupPrefix = 'group:';

export const levelWords = { company: null, reseller: 'Reseller level', root: 'Root level' } as const;

function Privilege({ api, privilege }: { api: string; privilege: PickerPrivilege }) {
  const { scope, description, level, isChosen, obstacle } = privilege;
  return (
    <li class="pick" data-pick>
      <label>
        <input
          type="checkbox"
          name={`${privilegePrefix}${api}/${scope}`}
          checked={isChosen && obstacle === null}
          disabled={obstacle !== null}
        />
        <code>{scope}</code>
        <span class="pick-about">
          {description} {levelWords[level] && <span class="tag">{levelWords[level]}</span>}
          {obstacle !== null && <span class="pick-obstacle">{obstacle}</span>}
        </span>
      </label>
    </li>
  );
}

function Group({ api, group: { group, privileges } }: { api: string; group: PickerGroup }) {
  const free = privileges.filter(({ obstacle }) => obstacle === null);
  return (
    <fieldset class="pick-group" data-pick-group>
      <legend>
        {free.length > 1 ? (
          <label>
            <input type="checkbox" name={`${groupPrefix}${api}/${group}`} data-pick-all />
            <bdi>{group}</bdi>
            <span class="pick-all">all {free.length.toLocaleString('en')}</span>
          </label>
        ) : (
          <bdi>{group}</bdi>
        )}
      </legend>
      <ul>
        {privileges.map((privilege) => (
          <Privilege api={api} privilege={privilege} key={privilege.scope} />
        ))}
      </ul>
    </fieldset>
  );
}

function Api({ api, isOnly }: { api: PickerApi; isOnly: boolean }) {
  const all = api.groups.flatMap(({ privileges }) => privileges);
  const chosen = all.filter(({ isChosen }) => isChosen).length;
  return (
    <details class="pick-api" data-pick-api open={isOnly || chosen > 0 || all.length <= openUpTo}>
      <summary>
        <span class="pick-api-name">
          <bdi>{api.name}</bdi>
          {api.name !== api.id && <code>{api.id}</code>}
        </span>
        <span class="pick-count" data-pick-count>
          {`${chosen.toLocaleString('en')} of ${all.length.toLocaleString('en')}`}
        </span>
      </summary>
      {api.groups.map((group) => (
        <Group api={api.id} group={group} key={group.group} />
      ))}
    </details>
  );
}

export function PrivilegePicker({ apis, errors, hint = roleHint }: PrivilegePickerProps) {
  const id = fieldId('privileges');
  return (
    <fieldset class="field picker" id={id} tabindex={-1} data-privilege-picker aria-describedby={`${id}-hint`}>
      <legend class="visually-hidden">Privileges</legend>
      <div class="picker-bar script-only">
        <div class="search-input">
          <Icon name="search" />
          <input
            type="search"
            class="input"
            aria-label="Find privileges"
            placeholder="Find by name, group or description"
            autocomplete="off"
            spellcheck={false}
            data-pick-search
          />
        </div>
        <output class="picker-total" data-pick-total />
      </div>
      <p class="field-hint" id={`${id}-hint`}>
        {hint}
      </p>
      <FieldFaults name="privileges" errors={errors} />
      {apis.map((api) => (
        <Api api={api} isOnly={apis.length === 1} key={api.id} />
      ))}
      <p class="picker-none" data-pick-none hidden>
        No privilege matches.
      </p>
    </fieldset>
  );
}
