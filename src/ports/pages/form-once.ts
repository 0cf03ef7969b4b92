// Forms that make a secret: however often one is sent, by a double click or by reloading the answer, it counts once.
import { h } from 'preact';
import { ErrorPage } from '../../../views/pages/error.tsx';
import { Problem } from '../../base/problem.ts';
import { randomBase62 } from '../../base/random.ts';
import { type Answer, page, type SignedInVisit } from './page.ts';

const FORM_ID = /^[0-9A-Za-z]{22}$/;

/** For a hidden field `form_id`: new whenever a form is shown. */
export function createFormId(): string {
  return randomBase62(22);
}

/**
 * Runs the work unless this form was sent before; then answers with `repeated`. A form without an id was written by hand and
 * counts every time. When the work fails nothing was made, so that the same form may be sent again.
 */
export async function once(
  { parts, visitor }: SignedInVisit,
  formId: string | undefined,
  work: () => Promise<Answer>,
  repeated: () => Answer,
): Promise<Answer> {
  if (formId === undefined) return work();
  if (!FORM_ID.test(formId)) throw new Problem('request.malformed', 'The field "form_id" is not one of ours.');
  // Under the user's name: nobody can use up another's form.
  const key = `form:${visitor.user.id}:${formId}`;
  if (!(await parts.formGuard.claim(key))) return repeated();
  try {
    return await work();
  } catch (error) {
    await parts.formGuard.release(key).catch((releaseError: unknown) => {
      parts.log.warn({ err: releaseError }, 'a form that failed could not be released; it must be opened anew');
    });
    throw error;
  }
}

/** 409: says what became of the form that was sent before. */
export function repeatedPage(
  { origin }: SignedInVisit,
  { title, detail, action }: { title: string; detail: string; action: { href: string; label: string } },
): Answer {
  return page((frame) => h(ErrorPage, { frame, status: 409, title, detail, requestId: origin.requestId, action }), {
    status: 409,
  });
}
