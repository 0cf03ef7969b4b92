// The privileges of an API, as its page lists them.

import { LinkButton } from '../parts/button.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { FilterBar } from '../parts/filters.tsx';
import { Chosen, Panel } from '../parts/panel.tsx';
import { levelWords } from '../parts/privilege-picker.tsx';
import { Table } from '../parts/table.tsx';
import { apiHref } from './apis-list.tsx';

type Api = { id: string; builtIn: boolean };

export type ApiPrivilegeRow = {
  scope: string;
  group: string;
  description: string;
  level: 'company' | 'reseller' | 'root';
  operations: number;
};

export type ShownPrivileges = {
  /** The first that match. */
  rows: readonly ApiPrivilegeRow[];
  matching: number;
  total: number;
  /** What is searched for; empty for nothing. */
  q: string;
};

function privilegeHref(apiId: string, scope: string): string {
  return `${apiHref(apiId)}/privileges/edit?scope=${encodeURIComponent(scope)}`;
}

function PrivilegesTable({ api, rows, mayWrite }: { api: Api; rows: readonly ApiPrivilegeRow[]; mayWrite: boolean }) {
  const isFixed = api.builtIn || !mayWrite;
  return (
    <Table<ApiPrivilegeRow>
      caption="Privileges"
      rows={rows}
      rowKey={({ scope }) => scope}
      columns={[
        {
          head: 'Scope',
          cell: ({ scope }) =>
            isFixed ? (
              <code>{scope}</code>
            ) : (
              <a href={privilegeHref(api.id, scope)}>
                <code>{scope}</code>
              </a>
            ),
        },
        { head: 'Group', cell: ({ group }) => <Chosen>{group}</Chosen> },
        {
          head: 'Allows',
          cell: ({ description, level }) => (
            <>
              {description && <Chosen>{description}</Chosen>}
              {levelWords[level] && <span class="tag">{levelWords[level]}</span>}
            </>
          ),
        },
        ...(api.builtIn
          ? []
          : [
              {
                head: 'Operations',
                kind: 'number' as const,
                cell: ({ operations }: ApiPrivilegeRow) => operations.toLocaleString('en'),
              },
            ]),
      ]}
    />
  );
}

/** The list of them on the page of their API, with a search where they are many. */
export function ApiPrivileges({
  api,
  privileges,
  mayWrite,
}: {
  api: Api;
  privileges: ShownPrivileges;
  mayWrite: boolean;
}) {
  const { rows, matching, total, q } = privileges;
  const href = apiHref(api.id);
  const canChange = mayWrite && !api.builtIn;
  if (total === 0) {
    return (
      <Panel id="privileges" title="Privileges" flush>
        <EmptyState
          icon="roles"
          title="No privileges yet"
          action={
            canChange && (
              <>
                <LinkButton href={`${href}/import`} kind="primary">
                  Import a description
                </LinkButton>
                <LinkButton href={`${href}/privileges/new`}>Add one by hand</LinkButton>
              </>
            )
          }
        >
          Import the API’s OpenAPI description, which brings its privileges with it, or add them one by one.
        </EmptyState>
      </Panel>
    );
  }
  return (
    <Panel
      id="privileges"
      title="Privileges"
      lede={`${total.toLocaleString('en')} in all. On the wire they are OAuth scopes.`}
      actions={
        canChange && (
          <LinkButton href={`${href}/privileges/new`} size="small" icon="plus">
            Add privilege
          </LinkButton>
        )
      }
      flush
    >
      {(total > 10 || q !== '') && (
        <div class="panel-filter">
          <FilterBar action={href} noun="privileges" q={q} searchLabel="Scope, group or words" filtered={q !== ''} />
        </div>
      )}
      {rows.length === 0 ? (
        <EmptyState icon="search" title="No privilege matches">
          Try a part of the scope.
        </EmptyState>
      ) : (
        <PrivilegesTable api={api} rows={rows} mayWrite={mayWrite} />
      )}
      {matching > rows.length && (
        <p class="panel-note">{`The first ${rows.length.toLocaleString('en')} of ${matching.toLocaleString('en')}. Search to see others.`}</p>
      )}
    </Panel>
  );
}
