// How many there are, and the way to the next ones.

import { Icon } from './icon.tsx';

export type PaginationProps = {
  /** What is counted, in the plural: "clients". */
  noun: string;
  /** The singular, for a count of one. */
  nounOne: string;
  shown: number;
  /** All that match the filters; undefined where counting would cost too much. */
  total?: number | undefined;
  /** Back to the start; undefined on the first page. */
  firstHref?: string | undefined;
  nextHref?: string | undefined;
};

export function Pagination({ noun, nounOne, shown, total, firstHref, nextHref }: PaginationProps) {
  const count = total ?? shown;
  const word = count === 1 ? nounOne : noun;
  const partial = total !== undefined && total !== shown;
  return (
    <div class="pagination">
      <p>
        {partial
          ? `${shown.toLocaleString('en')} of ${total.toLocaleString('en')} ${word}`
          : `${count.toLocaleString('en')} ${word}`}
        {total === undefined && (firstHref || nextHref) ? ' on this page' : ''}
      </p>
      {(firstHref || nextHref) && (
        <nav aria-label={`Pages of ${noun}`}>
          {firstHref && (
            <a class="button secondary small" href={firstHref}>
              <Icon name="previous" />
              <span>First page</span>
            </a>
          )}
          {nextHref && (
            <a class="button secondary small trailing" href={nextHref} rel="next">
              <span>Next</span>
              <Icon name="next" />
            </a>
          )}
        </nav>
      )}
    </div>
  );
}
