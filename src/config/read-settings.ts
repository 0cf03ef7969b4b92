// From the environment to the settings, once at the start: all faults at once, each with its variable and the way out.
import { readFileSync } from 'node:fs';
import { nearestName } from '../base/nearest-name.ts';
import { environmentSchema, SETTINGS, type Settings, toSettings } from './settings.ts';

export interface SettingFault {
  /** The variable as it was written, with `_FILE` when that was used. */
  readonly name: string;
  readonly detail: string;
}

/** Its message is complete for the person who started the program. No secret's value is in it. */
export class SettingsError extends Error {
  readonly faults: readonly SettingFault[];

  constructor(faults: readonly SettingFault[]) {
    const count = faults.length === 1 ? 'a setting is wrong' : `${faults.length} settings are wrong`;
    super([`${count}:`, ...faults.map(({ name, detail }) => `  ${name}: ${detail}`)].join('\n'));
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const SECRET_NAMES = SETTINGS.filter(({ isSecret }) => isSecret).map(({ name }) => name);
const FILE_SUFFIX = '_FILE';
const KNOWN_NAMES = [...SETTINGS.map(({ name }) => name), ...SECRET_NAMES.map((name) => name + FILE_SUFFIX)];
const MAX_WORKERS_EMBEDDED = 8;
const MAX_FILE_BYTES = 64 * 1024;

/** @throws SettingsError */
export function readSettings(environment: Environment): Settings {
  const faults = findUnknown(environment);
  const { texts, sources } = collectTexts(environment, faults);
  const result = environmentSchema.safeParse(texts);
  if (!result.success) {
    for (const issue of result.error.issues) {
      const name = String(issue.path[0]);
      faults.push({ name: sources.get(name) ?? name, detail: issue.message });
    }
  }
  faults.push(...findContradictions(texts, sources));
  if (!result.success || faults.length > 0) throw new SettingsError(faults);
  return toSettings(result.data);
}

/** A mistyped name would otherwise leave a restriction out without a word. */
function findUnknown(environment: Environment): SettingFault[] {
  return Object.keys(environment)
    .filter((name) => /^postern_/i.test(name) && !KNOWN_NAMES.includes(name))
    .map((name) => {
      const meant = nearestName(name, KNOWN_NAMES);
      const isOfPlainSetting = name.endsWith(FILE_SUFFIX) && KNOWN_NAMES.includes(name.slice(0, -FILE_SUFFIX.length));
      const hint = isOfPlainSetting
        ? `Only secrets are read from files; set ${name.slice(0, -FILE_SUFFIX.length)}.`
        : meant === undefined
          ? 'Remove it.'
          : `Did you mean ${meant}?`;
      return { name, detail: `there is no such setting. ${hint}` };
    });
}

/** The texts to parse, and under which name each was given. An empty one counts as not given. */
function collectTexts(
  environment: Environment,
  faults: SettingFault[],
): { texts: Record<string, string>; sources: Map<string, string> } {
  const texts: Record<string, string> = {};
  const sources = new Map<string, string>();
  for (const { name, isSecret } of SETTINGS) {
    const text = environment[name];
    const fileName = name + FILE_SUFFIX;
    const path = isSecret ? environment[fileName] : undefined;
    if (path && text) {
      faults.push({ name: fileName, detail: `${name} is set too. Set one of the two.` });
    } else if (path) {
      const content = readSecretFile(path, (detail) => faults.push({ name: fileName, detail }));
      // Known to be given even when it can't be read, so that nothing else complains of its absence.
      sources.set(name, fileName);
      if (content !== undefined) texts[name] = content;
    }
    if (text) {
      texts[name] = text;
      sources.set(name, name);
    }
  }
  return { texts, sources };
}

/** Without the line end that editors and `echo` add. */
function readSecretFile(path: string, refuse: (detail: string) => void): string | undefined {
  let content: string;
  try {
    content = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    refuse(`the file ${path} can't be read (${code}). Correct the path or its permissions.`);
    return undefined;
  }
  if (content !== '' && content.length <= MAX_FILE_BYTES) return content;
  refuse(`the file ${path} is ${content === '' ? 'empty' : 'too large'}. It must hold the value and nothing else.`);
  return undefined;
}

/** Rules between settings. They look at the texts, so that a fault in one of them doesn't hide these. */
function findContradictions(
  texts: Readonly<Record<string, string>>,
  given: ReadonlyMap<string, string>,
): SettingFault[] {
  const faults: SettingFault[] = [];
  if (given.has('DATABASE_URL') && !given.has('POSTERN_ENCRYPTION_KEY')) {
    faults.push({
      name: 'POSTERN_ENCRYPTION_KEY',
      detail: 'is required with DATABASE_URL. Make one with `openssl rand -base64 32` and give it to all instances.',
    });
  }
  const [email, password] = ['POSTERN_ADMIN_EMAIL', 'POSTERN_ADMIN_PASSWORD'] as const;
  for (const [one, other] of [
    [email, password],
    [password, email],
  ] as const) {
    if (given.has(one) && !given.has(other)) faults.push({ name: other, detail: `is required with ${one}.` });
  }
  const workers = Number(texts['POSTERN_WORKERS']);
  if (!given.has('DATABASE_URL') && workers > MAX_WORKERS_EMBEDDED && workers <= 64) {
    faults.push({
      name: 'POSTERN_WORKERS',
      detail: `the embedded database serves at most ${MAX_WORKERS_EMBEDDED} processes. Set fewer, or DATABASE_URL.`,
    });
  }
  if (texts['POSTERN_METRICS_PORT'] !== undefined && texts['POSTERN_METRICS_PORT'] === (texts['PORT'] ?? '3000')) {
    faults.push({ name: 'POSTERN_METRICS_PORT', detail: 'must differ from PORT.' });
  }
  return faults;
}
