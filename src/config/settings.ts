// Every variable that Postern reads from its environment: its form, its default, what it is for, and whether it is a secret.
// The reference in docs/reference/configuration.md is made of this.
import { resolve } from 'node:path';
import { z } from 'zod';
import { LOG_LEVELS, type LogLevel } from '../base/log.ts';
import * as types from './setting-types.ts';

export interface SettingDescription {
  readonly name: string;
  readonly description: string;
  /** As one would write it, or in words. */
  readonly default: string;
  /** A secret can also be given as `<name>_FILE`, the path of a file that holds it; it is never shown. */
  readonly isSecret: boolean;
}

type Words = Omit<SettingDescription, 'name' | 'isSecret'> & { readonly isSecret?: boolean };

const words = z.registry<Words>();

function setting<S extends z.ZodType>(type: S, text: Words): S {
  words.add(type, text);
  return type;
}

const variables = {
  PORT: setting(types.portNumber.prefault('3000'), {
    description: 'The port to listen on.',
    default: '3000',
  }),
  HOST: setting(types.listenHost.prefault('127.0.0.1'), {
    description:
      'The address to listen on. `0.0.0.0` or `::` for all interfaces; the container image sets that. Tokens must not cross a ' +
      'network unencrypted: put a proxy with TLS before it.',
    default: '127.0.0.1',
  }),
  POSTERN_ISSUER: setting(types.issuerUrl.optional(), {
    description:
      'The public URL: the `iss` of tokens, the base of all endpoints in the metadata, and with https the reason for `Secure` ' +
      'cookies. Never taken from a request. Without a path and without a slash at its end.',
    default: 'http://localhost:<PORT>',
  }),
  DATABASE_URL: setting(types.databaseUrl.optional(), {
    description:
      'A PostgreSQL 14 or later, `postgres://user:password@host:5432/postern`. The user must own the database. ' +
      'Without it Postern starts a database of its own in the data directory.',
    default: 'unset: the embedded database',
    isSecret: true,
  }),
  POSTERN_DATA_DIR: setting(types.textTo((text) => resolve(text)).prefault('./data'), {
    description: 'The folder of the embedded database and of the key file. Not used with `DATABASE_URL`.',
    default: './data',
  }),
  POSTERN_TRUSTED_PROXIES: setting(types.listOf(types.network).prefault(''), {
    description:
      'Addresses and networks (CIDR) of the proxies whose `X-Forwarded-For` is believed, separated by commas. Everybody else’s ' +
      'is ignored.',
    default: 'empty: nobody’s',
  }),
  POSTERN_ENCRYPTION_KEY: setting(types.encryptionKey.optional(), {
    description:
      'Encrypts signing keys and other secrets that must be readable again: 32 bytes in base64 or hexadecimal. Required with ' +
      '`DATABASE_URL`, the same on all instances. Whoever loses it loses the signing keys: keep a copy apart from the database.',
    default: 'made once as `encryption-key` in the data directory',
    isSecret: true,
  }),
  POSTERN_ADMIN_EMAIL: setting(types.textTo((text) => text).optional(), {
    description:
      'With `POSTERN_ADMIN_PASSWORD`: makes the first user at the first start, so that nobody needs the setup page. Without ' +
      'effect as soon as there are users.',
    default: 'unset',
  }),
  POSTERN_ADMIN_PASSWORD: setting(types.textTo((text) => text).optional(), {
    description: 'The first user’s password, at least 15 characters. Change it after signing in, and remove it here.',
    default: 'unset',
    isSecret: true,
  }),
  POSTERN_WORKERS: setting(types.wholeNumber(1, 64).prefault('1'), {
    description:
      'Processes that share the port. About as many as there are processors; at most 8 with the embedded database. Failed ' +
      'attempts at the token endpoint are counted by each process for itself.',
    default: '1',
  }),
  POSTERN_LOG_LEVEL: setting(types.oneOf(LOG_LEVELS).prefault('info'), {
    description:
      `What goes to standard output, one JSON object a line: ${LOG_LEVELS.join(', ')}. Requests to the OAuth endpoints are told at ` +
      '`debug` only, since each token is in the audit log.',
    default: 'info',
  }),
  POSTERN_BCRYPT_COST: setting(types.wholeNumber(4, 16).prefault('10'), {
    description:
      'Cost of new hashes of client secrets and passwords, as a power of two; each step doubles the work. Below 10 is for tests.',
    default: '10',
  }),
  POSTERN_DNS_SERVERS: setting(types.listOf(types.nameServer).prefault(''), {
    description: 'Name servers for host names in IP restrictions, `ip` or `ip:port`, separated by commas.',
    default: 'those of the system',
  }),
  POSTERN_METRICS_PORT: setting(types.portNumber.optional(), {
    description: 'A port of its own for `GET /metrics` (Prometheus), on the same address as `HOST`.',
    default: 'unset: off',
  }),
  PG_BIN: setting(types.textTo((text) => resolve(text)).optional(), {
    description: 'The folder of PostgreSQL’s programs for the embedded database.',
    default: 'looked for: the npm package, then the system’s',
  }),
};

export const environmentSchema = z.object(variables);

/** In the order of the reference. */
export const SETTINGS: readonly SettingDescription[] = Object.entries(variables).map(([name, type]) => {
  const text = words.get(type);
  if (!text) throw new Error(`the setting ${name} has no description`);
  return { name, isSecret: false, ...text };
});

/** What the rest of the program is given. Deeply frozen, but for the key's bytes. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly issuer: string;
  /** undefined: the embedded database. */
  readonly databaseUrl: string | undefined;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Addresses and CIDRs. */
  readonly trustedProxies: readonly string[];
  /** undefined: the one in the data directory. */
  readonly encryptionKey: Buffer | undefined;
  readonly firstAdministrator: { readonly email: string; readonly password: string } | undefined;
  readonly workers: number;
  readonly logLevel: LogLevel;
  readonly bcryptCost: number;
  /** Empty: those of the system. */
  readonly dnsServers: readonly string[];
  readonly metricsPort: number | undefined;
  /** Where the programs of the embedded database are; undefined: looked for. */
  readonly postgresBinDirectory: string | undefined;
}

export function toSettings(values: z.output<typeof environmentSchema>): Settings {
  const { POSTERN_ADMIN_EMAIL: email, POSTERN_ADMIN_PASSWORD: password } = values;
  const isAdministratorGiven = email !== undefined && password !== undefined;
  return Object.freeze({
    port: values.PORT,
    host: values.HOST,
    issuer: values.POSTERN_ISSUER ?? `http://localhost:${values.PORT}`,
    databaseUrl: values.DATABASE_URL,
    dataDirectory: values.POSTERN_DATA_DIR,
    trustedProxies: values.POSTERN_TRUSTED_PROXIES,
    encryptionKey: values.POSTERN_ENCRYPTION_KEY,
    firstAdministrator: isAdministratorGiven ? Object.freeze({ email, password }) : undefined,
    workers: values.POSTERN_WORKERS,
    logLevel: values.POSTERN_LOG_LEVEL,
    bcryptCost: values.POSTERN_BCRYPT_COST,
    dnsServers: values.POSTERN_DNS_SERVERS,
    metricsPort: values.POSTERN_METRICS_PORT,
    postgresBinDirectory: values.PG_BIN,
  });
}
