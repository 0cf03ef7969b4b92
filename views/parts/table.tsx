// Tables. On narrow screens each row becomes a block of labelled lines; the explicit roles keep it a table for
// screen readers there, because browsers drop the native ones when `display` changes.

import type { ComponentChildren } from 'preact';

export type Sort = { href: string; direction?: 'ascending' | 'descending' | undefined };

export type Column<Row> = {
  head: string;
  cell: (row: Row) => ComponentChildren;
  kind?: 'text' | 'number' | 'nowrap' | 'actions';
  sort?: Sort | undefined;
};

export type TableProps<Row> = {
  /** What the table lists, for screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
};

function Head<Row>({ column }: { column: Column<Row> }) {
  const { head, sort, kind } = column;
  if (kind === 'actions') {
    return (
      <th role="columnheader" scope="col" class="actions">
        <span class="visually-hidden">{head}</span>
      </th>
    );
  }
  const direction = sort?.direction;
  return (
    <th role="columnheader" scope="col" class={`${kind ?? 'text'}${sort ? ' sortable' : ''}`} aria-sort={direction}>
      {sort ? (
        <a href={sort.href} class={direction ? `sort ${direction}` : 'sort'}>
          {head}
        </a>
      ) : (
        head
      )}
    </th>
  );
}

/** The first column names the row. */
export function Table<Row>({ caption, columns, rows, rowKey }: TableProps<Row>) {
  return (
    <table class="table" role="table">
      <caption class="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <Head column={column} key={column.head} />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row" key={rowKey(row)}>
            {columns.map((column, index) =>
              index === 0 ? (
                <th role="rowheader" scope="row" class={`lead ${column.kind ?? 'text'}`} key={column.head}>
                  {column.cell(row)}
                </th>
              ) : (
                <td role="cell" class={column.kind ?? 'text'} data-label={column.head} key={column.head}>
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
