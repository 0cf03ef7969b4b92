// Filtering a list by company: a select, and where there are too many for one, a search by name that fills it.

import { companySearchName } from './company-field.tsx';
import type { SelectOption } from './field.tsx';
import { FilterSelect } from './filters.tsx';
import { FindRow } from './find-row.tsx';

export type CompanyFilterChoice = {
  options: readonly SelectOption[];
  /** More match than are listed. */
  isCut: boolean;
  /** What was looked for by name; undefined where the select holds them all, and nothing is to be looked for. */
  q: string | undefined;
  /** How many match what was looked for; undefined when nothing was. */
  matches: number | undefined;
};

/** The button that looks for companies, so that it can be told from the one that searches the list. */
export const companyFindButton = { name: 'find', value: 'company' };

const noteId = 'company-note';
/** As much of what was looked for is said again. */
const MAX_TOLD = 60;

function noteOf({ q, isCut, matches }: CompanyFilterChoice): string | undefined {
  if (q === undefined || matches === undefined) return undefined;
  const sought = q.length > MAX_TOLD ? `${q.slice(0, MAX_TOLD)}…` : q;
  if (matches === 0) return `No company matches “${sought}”.`;
  if (isCut) return `More companies match “${sought}” than are listed under Company. Type more of the name.`;
  return `${matches} companies match “${sought}”. Choose one under Company, then search.`;
}

/** Beside the other filters. Companies that were just looked for want to be chosen from; where there are none, the search goes on. */
export function CompanyFilter({ value, choice }: { value: string; choice: CompanyFilterChoice }) {
  const { options, isCut, q, matches } = choice;
  const others: SelectOption = { value: '-', label: 'Others: find them by name', disabled: true };
  const describedBy = noteOf(choice) === undefined ? undefined : noteId;
  return (
    <>
      {q !== undefined && (
        <div class="filter find">
          <FindRow
            name={companySearchName}
            q={q}
            label="Find a company"
            isLabelled
            button={companyFindButton}
            autofocus={matches === 0}
            describedBy={matches === 0 ? describedBy : undefined}
          />
        </div>
      )}
      <FilterSelect
        name="company_id"
        label="Company"
        value={value}
        options={isCut ? [...options, others] : options}
        all="All"
        autofocus={matches !== undefined && matches > 0}
        describedBy={describedBy}
      />
    </>
  );
}

/** What the search for a company came to, below the filters. */
export function CompanyFilterNote({ choice }: { choice: CompanyFilterChoice | undefined }) {
  const note = choice && noteOf(choice);
  return note === undefined ? null : (
    <p class="filter-note" id={noteId}>
      {note}
    </p>
  );
}
