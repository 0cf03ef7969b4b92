// `npm run -s postern -- <command>`: from the arguments to the exit status.
import { runCommandLine } from '../ports/cli/command-line.ts';
import { openCommandSession } from './command-session.ts';
import { explainStartFault } from './start-fault.ts';

/** Prints what the command says and answers the exit status. */
export async function runCommand(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const session = openCommandSession(environment);
  try {
    const { out, err, status } = await runCommandLine(args, session, explainStartFault);
    await write(process.stderr, err);
    await write(process.stdout, out);
    return status;
  } finally {
    await session.close();
  }
}

/** Waits until it is out: the process ends right after, and a pipe takes its time. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (text === '') return resolve();
    // Whoever reads has gone, as `head` does: there is nobody left to tell.
    stream.once('error', () => resolve());
    stream.write(text, () => resolve());
  });
}
