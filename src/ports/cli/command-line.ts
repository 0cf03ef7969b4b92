// The command line as a whole: from its arguments to what it prints and the status it ends with.
import { Problem } from '../../base/problem.ts';
import { readArguments, type Request, UsageError } from './arguments.ts';
import { clientCommands } from './client-commands.ts';
import type { Command, CommandTools } from './command.ts';
import { helpOf, helpOfAll } from './help.ts';
import { systemCommands } from './system-commands.ts';
import { userCommands } from './user-commands.ts';

export const COMMANDS: readonly Command[] = [...clientCommands, ...userCommands, ...systemCommands];

export interface Printed {
  readonly out: string;
  readonly err: string;
  /** 0 done, 1 refused, 2 wrong usage. */
  readonly status: 0 | 1 | 2;
}

/** `explain` puts into words what keeps the installation from being opened; what it can't explain is thrown on. */
export async function runCommandLine(
  args: readonly string[],
  tools: CommandTools,
  explain: (error: unknown) => string | undefined,
): Promise<Printed> {
  let request: Request;
  try {
    request = readArguments(args, COMMANDS);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { out: '', err: `${error.message}\n\n${help(error.command)}\n`, status: 2 };
  }
  if (request.is === 'help') return { out: `${help(request.command)}\n`, err: '', status: 0 };
  const { command, values, asJson } = request;
  try {
    const { text, json, status = 0 } = await command.run(tools, values);
    return { out: `${asJson ? JSON.stringify(json, null, 2) : text}\n`, err: '', status };
  } catch (error) {
    return { out: '', err: `${refusal(error, asJson, explain)}\n`, status: 1 };
  }
}

function help(command: Command | undefined): string {
  return command ? helpOf(command) : helpOfAll(COMMANDS);
}

function refusal(error: unknown, asJson: boolean, explain: (error: unknown) => string | undefined): string {
  const isRefused = error instanceof Problem;
  const detail = isRefused ? error.detail : explain(error);
  if (detail === undefined) throw error;
  const errors = isRefused ? error.errors : [];
  if (asJson) return JSON.stringify({ error: isRefused ? error.code : 'start_failed', detail, errors }, null, 2);
  // One fault is the detail already.
  return [detail, ...(errors.length > 1 ? errors.map((fault) => `  ${fault.detail}`) : [])].join('\n');
}
