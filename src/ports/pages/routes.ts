// Every page there is.
import { accountRoutes } from './account-pages.ts';
import { apiRoutes } from './api-pages.ts';
import { apiTokenRoutes } from './api-token-pages.ts';
import { auditRoutes } from './audit-pages.ts';
import { clientRoutes } from './client-pages.ts';
import { companyRoutes } from './company-pages.ts';
import { firstVisitRoutes } from './first-visit-pages.ts';
import { overviewRoutes } from './overview-page.ts';
import type { PageRoute } from './page.ts';
import { roleRoutes } from './role-pages.ts';
import { signInRoutes } from './sign-in-pages.ts';
import { systemRoutes } from './system-page.ts';
import { userRoutes } from './user-pages.ts';

export const routes: readonly PageRoute[] = [
  ...overviewRoutes,
  ...signInRoutes,
  ...firstVisitRoutes,
  ...clientRoutes,
  ...apiTokenRoutes,
  ...companyRoutes,
  ...userRoutes,
  ...roleRoutes,
  ...apiRoutes,
  ...auditRoutes,
  ...systemRoutes,
  ...accountRoutes,
];
