// What may be typed on the command line, and what is said about the rest.
import { describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/ports/cli/command-line.ts';
import type { CommandTools } from '../../src/ports/cli/command.ts';

/** Nothing can be opened: what is refused here is refused before. */
const closed: CommandTools = {
  open: () => Promise.reject(new Error('opened')),
  migrate: () => Promise.resolve(['Initial1764000000001']),
  examine: () =>
    Promise.resolve([
      { check: 'settings', verdict: 'ok', detail: 'fine' },
      { check: 'database', verdict: 'failed', detail: 'away' },
    ]),
};

function run(...args: string[]) {
  return runCommandLine(args, closed, (error) =>
    error instanceof Error && error.message === 'opened' ? 'opened' : undefined,
  );
}

describe('wrong usage ends with status 2, says why and how it is right', () => {
  test.each([
    [[], 'Which command?'],
    [['clients'], 'Which one: clients create, clients list?'],
    [['client', 'create'], 'There is no command "client create". Did you mean clients create?'],
    [['clients', 'make'], 'Did you mean clients create?'],
    [['frobnicate'], 'There is no command "frobnicate".'],
    [['--name', 'x', 'clients', 'create'], 'Begin with the command.'],
    [['clients', 'create', 'siem'], '"siem" is not expected after clients create.'],
    [['clients', 'create', '--nmae', 'x'], 'clients create has no option --nmae. Did you mean --name?'],
    [['clients', 'create', '--constructor', 'x'], 'clients create has no option --constructor.'],
    [['clients', 'create', '-n', 'x'], '"-n" is not expected here. Options are written --name VALUE.'],
    [['clients', 'create', '--name', 'a', '--role', 'b', 'c'], '"c" is not expected here.'],
    [['clients', 'create', '--name', 'a', '--name', 'b'], '--name is given twice.'],
    [['clients', 'create', '--name'], '--name needs a value: --name NAME.'],
    [['clients', 'create', '--name', '--role', 'x'], 'To begin it with dashes, write --name=--role.'],
    [['clients', 'create', '--name', 'x'], '--role ROLE is missing.'],
    [['users', 'create'], '--email EMAIL is missing.'],
    [['migrate', '--force'], 'migrate has no option --force.'],
    [['migrate', '--json=yes'], 'migrate has no option --json.'],
  ])('%j: %s', async (args, message) => {
    const { status, out, err } = await run(...args);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
    expect(err).toContain('Usage: npm run -s postern -- ');
  });
});

describe('help', () => {
  test.each([[['help']], [['--help']], [['-h']], [['frobnicate', '--help']]])(
    '%j lists all commands on standard output',
    async (args) => {
      const { status, out, err } = await run(...args);
      expect([status, err]).toEqual([0, '']);
      for (const name of ['clients create', 'clients list', 'users create', 'migrate', 'doctor'])
        expect(out).toContain(name);
    },
  );

  test.each([
    [['help', 'clients', 'create']],
    [['clients', 'create', '--help']],
    [['clients', 'create', '--name', 'x', '-h']],
  ])('%j tells the options of one', async (args) => {
    const { status, out } = await run(...args);
    expect(status).toBe(0);
    expect(out).toContain(
      'Usage: npm run -s postern -- clients create --name NAME --role ROLE [--company ID] [--ip ADDRESS]… [--json]',
    );
  });
});

describe('a command', () => {
  test('answers people in words and programs in JSON', async () => {
    expect(await run('migrate')).toEqual({ status: 0, out: 'Applied Initial1764000000001\n', err: '' });
    const { out } = await run('migrate', '--json');
    expect(JSON.parse(out)).toEqual({ applied: ['Initial1764000000001'] });
  });

  test('takes values with an equals sign, also empty ones and such that begin with dashes', async () => {
    const { status, err } = await run('clients', 'create', '--name=--x', '--role=b');
    expect([status, err]).toEqual([1, 'opened\n']);
  });

  test('that finds something wrong ends with status 1', async () => {
    const { status, out } = await run('doctor');
    expect(status).toBe(1);
    expect(out).toBe('ok       settings: fine\nFAILED   database: away\n');
    const inJson = await run('doctor', '--json');
    expect([inJson.status, JSON.parse(inJson.out).healthy]).toEqual([1, false]);
  });

  test.each([
    [
      ['clients', 'create', '--name', 'a\nb', '--role', 'x'],
      'Name contains a control character. Use one line of plain text.',
    ],
    [['clients', 'create', '--name', ' ', '--role', 'x'], 'Enter a name.'],
    [['clients', 'list', '--status', 'paused'], 'Status must be active or inactive.'],
    [['users', 'create', '--email', 'nobody'], 'This is not an e-mail address. It looks like name@example.com.'],
  ])('refuses a value that cannot be with status 1: %j', async (args, message) => {
    expect(await run(...args)).toEqual({ status: 1, out: '', err: `${message}\n` });
  });

  test('refuses in JSON on standard error when it is asked for JSON', async () => {
    const { status, out, err } = await run('users', 'create', '--email', 'nobody', '--json');
    expect([status, out]).toEqual([1, '']);
    expect(JSON.parse(err)).toMatchObject({ error: 'request.invalid', errors: [{ pointer: '/email' }] });
  });

  test('throws on what is a fault of ours', async () => {
    await expect(runCommandLine(['clients', 'list'], closed, () => undefined)).rejects.toThrow('opened');
  });
});
