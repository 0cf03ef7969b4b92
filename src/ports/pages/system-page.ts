// The system page: what the installation is and how it does.
import { h } from 'preact';
import { SystemPage } from '../../../views/pages/system.tsx';
import { type Answer, behind, page, type PageRoute, type SignedInVisit } from './page.ts';

export const systemRoutes: readonly PageRoute[] = [
  { path: '/system', place: 'system', get: behind('system:read', showSystem) },
];

async function showSystem({ caller, services }: SignedInVisit): Promise<Answer> {
  const state = await services.system.get(caller);
  return page((frame) => h(SystemPage, { frame, ...state }));
}
