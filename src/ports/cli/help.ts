// The help texts of the command line, made of the commands.
import type { Command, Option } from './command.ts';

const PROGRAM = 'npm run -s postern --';

export function helpOf(command: Command): string {
  const required = Object.entries(command.options).filter(([, option]) => option.isRequired);
  const optional = Object.entries(command.options).filter(([, option]) => !option.isRequired);
  const usage = [
    command.name,
    ...required.map(([name, option]) => written(name, option)),
    ...optional.map(([name, option]) => `[${written(name, option)}]${option.isRepeatable ? '…' : ''}`),
    '[--json]',
  ];
  const rows = [
    ...[...required, ...optional].map(([name, option]) => [written(name, option), option.description] as const),
    ['--json', 'Answer in JSON.'] as const,
  ];
  return [`Usage: ${PROGRAM} ${usage.join(' ')}`, '', command.summary, '', ...columns(rows)].join('\n');
}

export function helpOfAll(commands: readonly Command[]): string {
  return [
    `Usage: ${PROGRAM} <command> [options]`,
    '',
    'Works on the installation that the environment describes, whether or not the server runs.',
    '',
    ...columns(commands.map(({ name, summary }) => [name, summary] as const)),
    '',
    `${PROGRAM} help <command> tells its options. Exit status: 0 done, 1 refused, 2 wrong usage.`,
  ].join('\n');
}

function written(name: string, option: Option): string {
  return option.value === undefined ? `--${name}` : `--${name} ${option.value}`;
}

/** Two columns, the first as wide as its longest entry. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}
