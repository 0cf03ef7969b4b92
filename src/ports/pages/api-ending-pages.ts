// Deleting an API that nobody uses. Asked on a page of its own where no script can ask in a dialog.
import { h } from 'preact';
import { apiDeletion } from '../../../views/pages/api-detail.tsx';
import { apiHref } from '../../../views/pages/apis-list.tsx';
import { ConfirmPage } from '../../../views/pages/confirm.tsx';
import { InTheWayPage } from '../../../views/pages/in-the-way.tsx';
import { Problem } from '../../base/problem.ts';
import { findApi } from './api-detail-page.ts';
import { pickFields } from './form.ts';
import { type Answer, page, seeOther, type SignedInVisit } from './page.ts';

const crumbsOf = ({ id, name }: { id: string; name: string }) => [
  { href: '/apis', label: 'APIs' },
  { href: apiHref(id), label: name },
];

export async function confirmApiDeletion(visit: SignedInVisit): Promise<Answer> {
  const api = await findApi(visit);
  const confirmation = apiDeletion(api);
  const props = { title: `Delete ${api.name}?`, crumbs: crumbsOf(api), confirmation, cancelHref: apiHref(api.id) };
  return page((frame) => h(ConfirmPage, { frame, ...props }));
}

export async function deleteApi(visit: SignedInVisit): Promise<Answer> {
  pickFields(await visit.readForm(), []);
  const api = await findApi(visit);
  try {
    await visit.services.apis.delete(visit.caller, api.id);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'resource.conflict') throw error;
    const { detail, status } = error;
    return page(
      (frame) =>
        h(InTheWayPage, {
          frame,
          title: `${api.name} can’t be deleted yet`,
          crumbs: crumbsOf(api),
          detail: 'Only an API that nobody uses can be deleted. Change first what uses it.',
          backHref: apiHref(api.id),
          children: h('p', null, detail),
        }),
      { status },
    );
  }
  return seeOther('/apis', { flash: { code: 'api_deleted', subject: api.name } });
}
