// Reading the command line: which command, with which options. What it does not know it refuses, and says what was meant.
import { nearestName } from '../../base/nearest-name.ts';
import type { Command, Values } from './command.ts';

export type Request =
  | { readonly is: 'run'; readonly command: Command; readonly values: Values; readonly asJson: boolean }
  /** `command` undefined: of all. */
  | { readonly is: 'help'; readonly command: Command | undefined };

/** Exit status 2. */
export class UsageError extends Error {
  /** The command whose usage helps; undefined when none was recognised. */
  readonly command: Command | undefined;

  constructor(message: string, command?: Command) {
    super(message);
    this.name = 'UsageError';
    this.command = command;
  }
}

/** @throws UsageError */
export function readArguments(args: readonly string[], commands: readonly Command[]): Request {
  const firstOption = args.findIndex((arg) => arg.startsWith('-'));
  const words = firstOption < 0 ? args : args.slice(0, firstOption);
  const rest = args.slice(words.length);
  const wantsHelp = rest.includes('--help') || rest.includes('-h');
  if (words[0] === 'help' || (words.length === 0 && wantsHelp)) {
    return { is: 'help', command: find(words.slice(1), commands)?.command };
  }
  if (words.length === 0) throw new UsageError(args.length === 0 ? 'Which command?' : 'Begin with the command.');
  const found = find(words, commands);
  if (!found) {
    if (wantsHelp) return { is: 'help', command: undefined };
    throw unknownCommand(words, commands);
  }
  const { command, length } = found;
  if (wantsHelp) return { is: 'help', command };
  const surplus = words[length];
  if (surplus !== undefined) throw new UsageError(`"${surplus}" is not expected after ${command.name}.`, command);
  return { is: 'run', command, ...readOptions(rest, command) };
}

function find(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command; length: number } | undefined {
  for (const command of commands) {
    const own = command.name.split(' ');
    if (own.every((word, at) => words[at] === word)) return { command, length: own.length };
  }
  return undefined;
}

function unknownCommand(words: readonly string[], commands: readonly Command[]): UsageError {
  const typed = words.slice(0, 2).join(' ');
  const ofGroup = commands.filter(({ name }) => name.startsWith(`${words[0]} `)).map(({ name }) => name);
  if (ofGroup.length > 0 && words.length === 1) return new UsageError(`Which one: ${ofGroup.join(', ')}?`);
  const meant =
    nearestName(
      typed,
      commands.map(({ name }) => name),
    ) ?? ofGroup[0];
  return new UsageError(`There is no command "${typed}".${meant === undefined ? '' : ` Did you mean ${meant}?`}`);
}

function readOptions(args: readonly string[], command: Command): { values: Values; asJson: boolean } {
  const given = new Map<string, string[]>();
  let asJson = false;
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined)
      throw new UsageError(`"${arg}" is not expected here. Options are written --name VALUE.`, command);
    if (name === 'json' && inline === undefined) {
      asJson = true;
      continue;
    }
    const option = command.options[name];
    if (!option || !Object.hasOwn(command.options, name)) throw unknownOption(name, command);
    const known = given.get(name) ?? [];
    if (known.length > 0 && !option.isRepeatable) throw new UsageError(`--${name} is given twice.`, command);
    if (option.value === undefined && inline !== undefined) throw new UsageError(`--${name} takes no value.`, command);
    let value = inline ?? '';
    if (option.value !== undefined && inline === undefined) {
      at += 1;
      value = nextValue(args[at], name, option.value, command);
    }
    given.set(name, [...known, value]);
  }
  for (const [name, option] of Object.entries(command.options)) {
    if (option.isRequired && !given.has(name)) throw new UsageError(`--${name} ${option.value} is missing.`, command);
  }
  return { asJson, values: valuesOf(given) };
}

/** An option as a value is more likely a forgotten value. */
function nextValue(next: string | undefined, name: string, placeholder: string, command: Command): string {
  if (next !== undefined && !next.startsWith('--')) return next;
  const hint = next === undefined ? '' : ` To begin it with dashes, write --${name}=${next}.`;
  throw new UsageError(`--${name} needs a value: --${name} ${placeholder}.${hint}`, command);
}

function unknownOption(name: string, command: Command): UsageError {
  const meant = nearestName(name, [...Object.keys(command.options), 'json', 'help']);
  const hint = meant === undefined ? '' : ` Did you mean --${meant}?`;
  return new UsageError(`${command.name} has no option --${name}.${hint}`, command);
}

function valuesOf(given: ReadonlyMap<string, readonly string[]>): Values {
  return {
    text: (option) => given.get(option)?.[0],
    required(option) {
      const value = given.get(option)?.[0];
      if (value === undefined) throw new Error(`the option --${option} is not marked as required`);
      return value;
    },
    list: (option) => given.get(option) ?? [],
  };
}
