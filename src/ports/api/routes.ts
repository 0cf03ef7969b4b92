// Every route of the Management API. What is not in this table does not exist; what is stands in the OpenAPI document.
import { apiRoutes } from './api-routes.ts';
import { apiTokenRoutes } from './api-token-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { clientAddressRoutes } from './client-address-routes.ts';
import { clientRoutes } from './client-routes.ts';
import { clientSecretRoutes } from './client-secret-routes.ts';
import { companyRoutes } from './company-routes.ts';
import type { Route } from './contract.ts';
import { meRoutes } from './me-route.ts';
import { roleRoutes } from './role-routes.ts';
import { systemRoutes } from './system-route.ts';
import { userRoutes } from './user-routes.ts';

export const routes: readonly Route[] = [
  ...meRoutes,
  ...clientRoutes,
  ...clientSecretRoutes,
  ...clientAddressRoutes,
  ...companyRoutes,
  ...userRoutes,
  ...roleRoutes,
  ...apiRoutes,
  ...apiTokenRoutes,
  ...auditRoutes,
  ...systemRoutes,
];
