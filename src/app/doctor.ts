// `doctor`: looks at an installation from the settings to the public URL, changes nothing, and says what is wrong.
import { access, constants, stat } from 'node:fs/promises';
import type { Log } from '../base/log.ts';
import { createSecretBox } from '../base/secret-box.ts';
import { readSettings, SettingsError } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import { openSigningKey } from '../domain/signing-key/key-ring.ts';
import type { Finding } from '../ports/cli/command.ts';
import type { DatabaseConnection } from '../storage/data-source.ts';
import { databasePath, findData } from '../storage/embedded/data-directory.ts';
import { borrowDatabase } from './database-source.ts';
import { encryptionKeyPath, loadEncryptionKey } from './encryption-key.ts';
import { explainStartFault } from './start-fault.ts';
import type { StopSequence } from './stop.ts';

const ok = (check: string, detail: string): Finding => ({ check, verdict: 'ok', detail });
const warning = (check: string, detail: string): Finding => ({ check, verdict: 'warning', detail });
const failed = (check: string, detail: string): Finding => ({ check, verdict: 'failed', detail });

/** What is started for looking is added to `closing`. */
export async function examine(
  environment: NodeJS.ProcessEnv,
  log: Log,
  closing: StopSequence,
): Promise<readonly Finding[]> {
  let settings: Settings;
  try {
    settings = readSettings(environment);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map(({ name, detail }) => failed('settings', `${name}: ${detail}`));
  }
  const findings = [ok('settings', `the issuer is ${settings.issuer}`)];
  if (settings.databaseUrl === undefined) findings.push(...(await examineDataDirectory(settings.dataDirectory)));
  findings.push(...(await examineDatabase(settings, log, closing)));
  findings.push(await examineServer(settings), await examineIssuer(settings));
  return findings;
}

async function examineDataDirectory(path: string): Promise<Finding[]> {
  const check = 'data directory';
  const folder = await stat(path).catch(() => undefined);
  if (!folder) return [ok(check, `${path} is made at the first start`)];
  if (!folder.isDirectory()) return [failed(check, `${path} is not a folder`)];
  const isWritable = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
  const findings = [isWritable ? ok(check, path) : failed(check, `${path} can't be written by this account`)];
  const key = await stat(encryptionKeyPath(path)).catch(() => undefined);
  if (key && (key.mode & 0o077) !== 0) {
    findings.push(warning('encryption key', `others can read ${encryptionKeyPath(path)}; run chmod 600 on it`));
  }
  return findings;
}

async function examineDatabase(settings: Settings, log: Log, closing: StopSequence): Promise<Finding[]> {
  const check = 'database';
  try {
    if (settings.databaseUrl === undefined && !(await findData(databasePath(settings.dataDirectory)))) {
      return [ok(check, 'the embedded one is made at the first start')];
    }
    const source = await borrowDatabase(settings, log);
    closing.add('embedded database', () => source.stop());
    const { probeDatabase } = await import('../storage/database-probe.ts');
    const { version, clockOffsetMilliseconds } = await probeDatabase(source.connection);
    return [
      ok(check, `PostgreSQL ${version} answers`),
      judgeClock(clockOffsetMilliseconds),
      ...(await examineContent(settings, source.connection, log)),
    ];
  } catch (error) {
    return [failed(check, explanationOf(error))];
  }
}

const CLOCK_WARNING_MILLISECONDS = 2_000;
/** Beyond it tokens of one instance count as from the future on another. */
const CLOCK_LIMIT_MILLISECONDS = 60_000;

function judgeClock(offsetMilliseconds: number): Finding {
  const distance = Math.abs(offsetMilliseconds);
  const seconds = (distance / 1000).toFixed(1);
  if (distance <= CLOCK_WARNING_MILLISECONDS) return ok('clock', 'agrees with the database');
  const judge = distance > CLOCK_LIMIT_MILLISECONDS ? failed : warning;
  return judge('clock', `${seconds} s ${offsetMilliseconds > 0 ? 'behind' : 'ahead of'} the database: set both by NTP`);
}

async function examineContent(settings: Settings, connection: DatabaseConnection, log: Log): Promise<Finding[]> {
  const { probeAccount } = await import('../storage/account-rights.ts');
  const missing = await probeAccount(connection);
  if (missing !== undefined) return [failed('database account', missing)];
  const { listPendingMigrations } = await import('../storage/migration-state.ts');
  const pending = await listPendingMigrations(connection);
  if (pending.length > 0) {
    return [warning('migrations', `${pending.join(', ')} not applied yet; the next start, or migrate, does so`)];
  }
  return [
    ok('migrations', 'all are applied'),
    await examineSecondWall(connection),
    await examineKeys(settings, connection, log),
  ];
}

async function examineSecondWall(connection: DatabaseConnection): Promise<Finding> {
  const check = 'row-level security';
  const { probeSecondWall, SECOND_WALL_REMEDY } = await import('../storage/tenant-role.ts');
  const wall = await probeSecondWall(connection);
  if (wall === 'none') return warning(check, `not in force: ${SECOND_WALL_REMEDY}`);
  return ok(check, `in force ${wall === 'account' ? 'for the database account itself' : 'by the role postern_tenant'}`);
}

async function examineKeys(settings: Settings, connection: DatabaseConnection, log: Log): Promise<Finding> {
  const check = 'signing keys';
  const { createDataSource } = await import('../storage/data-source.ts');
  const { createPostgresStorage } = await import('../storage/postgres-storage.ts');
  const dataSource = createDataSource({ connection, log, poolSize: 1 });
  await dataSource.initialize();
  try {
    const storage = createPostgresStorage({ dataSource, onCommitted: () => undefined });
    const keys = await storage.read((stores) => stores.signingKeys.list());
    if (keys.length === 0) return ok(check, 'the first one is made at the first start');
    const secretBox = createSecretBox(await loadEncryptionKey(settings));
    for (const key of keys) openSigningKey(key, secretBox);
    return ok(check, `the encryption key opens ${keys.length === 1 ? 'the one there is' : `all ${keys.length}`}`);
  } catch (error) {
    return failed(check, explanationOf(error));
  } finally {
    await dataSource.destroy();
  }
}

const ANSWER_MILLISECONDS = 3_000;

async function examineServer({ host, port }: Settings): Promise<Finding> {
  const own = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `http://${own.includes(':') ? `[${own}]` : own}:${port}`;
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
    const body = await response.text();
    if (response.ok) return ok('server', `ready at ${url}`);
    return failed('server', `${url}/readyz answers ${response.status}: ${body.slice(0, 200)}`);
  } catch {
    return warning('server', `nothing answers at ${url}: Postern is not running there`);
  }
}

/** As clients see it, through whatever stands before us. */
async function examineIssuer({ issuer }: Settings): Promise<Finding> {
  const url = `${issuer}/.well-known/oauth-authorization-server`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MILLISECONDS) });
    const body: unknown = await response.json();
    const told = typeof body === 'object' && body !== null && 'issuer' in body ? body.issuer : undefined;
    if (told === issuer) return ok('issuer', `${issuer} leads here`);
    return failed('issuer', `${url} tells another issuer: ${String(told).slice(0, 100)}. Correct POSTERN_ISSUER.`);
  } catch {
    return warning('issuer', `${url} can't be reached from here`);
  }
}

function explanationOf(error: unknown): string {
  return explainStartFault(error) ?? (error instanceof Error ? error.message : String(error));
}
