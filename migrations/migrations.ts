// Every migration, oldest first. A class is never changed once released: what follows goes into a new one.
import { Initial1764000000001 } from './1764000000001-initial.ts';
import { TenancyAndGate1764000000002 } from './1764000000002-tenancy-and-gate.ts';
import { RowLevelSecurity1764000000003 } from './1764000000003-row-level-security.ts';
import { HostNameRules1764000000004 } from './1764000000004-host-name-rules.ts';
import { SecondWallMended1764000000005 } from './1764000000005-second-wall-mended.ts';
import { ApiTokens1764000000006 } from './1764000000006-api-tokens.ts';

export const migrations = [
  Initial1764000000001,
  TenancyAndGate1764000000002,
  RowLevelSecurity1764000000003,
  HostNameRules1764000000004,
  SecondWallMended1764000000005,
  ApiTokens1764000000006,
];
