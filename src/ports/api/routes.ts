// Every route of the Management API. What is not in this table does not exist; what is stands in the OpenAPI document.
import { auditRoutes } from './audit-routes.ts';
import { clientRoutes } from './client-routes.ts';
import { clientSecretRoutes } from './client-secret-routes.ts';
import type { Route } from './contract.ts';
import { meRoutes } from './me-route.ts';
import { roleRoutes } from './role-routes.ts';

export const routes: readonly Route[] = [
  ...meRoutes,
  ...clientRoutes,
  ...clientSecretRoutes,
  ...roleRoutes,
  ...auditRoutes,
];
