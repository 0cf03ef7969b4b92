// `npm run docs` writes docs/reference/ from what the program itself is made of, so that it cannot say anything else. A test makes
// it once more and compares. Another folder can be named: `node tools/reference.mjs /tmp/reference`.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const EXAMPLE_ISSUER = 'https://postern.example.com';

/** From what `node tools/build.mjs` has made. */
async function load(path) {
  return await import(pathToFileURL(join(root, 'dist/src', path)).href);
}

const { SETTINGS } = await load('config/settings.js');
const { PROBLEMS } = await load('base/problem.js');
const { AUDIT_ACTIONS } = await load('domain/audit/audit-event.js');
const { ACCESS_CHECKS } = await load('domain/access/access-decision.js');
const { MANAGEMENT_PRIVILEGES } = await load('domain/api/privilege.js');
const { buildOpenApi } = await load('ports/api/openapi.js');
const { routes } = await load('ports/api/routes.js');
const { METRICS, readFamilies } = await load('app/metrics/metric-families.js');
const { createRequestTimes } = await load('app/metrics/request-times.js');
const { createGateTally } = await load('ports/gate/gate-tally.js');
const { createOAuthTallies } = await load('ports/oauth/oauth-tallies.js');
const { COMMANDS } = await load('ports/cli/command-line.js');
const { helpOf, helpOfAll } = await load('ports/cli/help.js');

const NOTE = '<!-- Made by `npm run docs`; changes by hand are overwritten. -->';

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function page(title, ...parts) {
  return `# ${title}\n\n${NOTE}\n\n${parts.join('\n\n')}\n`;
}

function configuration() {
  const code = (text) => (/^[^ ]+$/.test(text) ? `\`${text}\`` : text);
  const rows = SETTINGS.map((setting) => [
    setting.isSecret ? `\`${setting.name}\` (secret)` : `\`${setting.name}\``,
    code(setting.default),
    setting.description,
  ]);
  return page(
    'Configuration',
    'Everything is set by environment variables, read once at the start. All faults are told at once, each with its variable, and ' +
      'stop the start; so does an unknown name that begins with `POSTERN_`. An empty variable counts as not set.',
    'A secret can also be given by file: `<name>_FILE` is the path of a file that holds it and nothing else.',
    table(['variable', 'default', 'what it is for'], rows),
  );
}

function problemCodes() {
  const rows = Object.entries(PROBLEMS).map(([code, { status, title }]) => [`\`${code}\``, status, title]);
  return page(
    'Problem codes',
    'Everything that the Management API refuses is told as `application/problem+json` (RFC 9457). This is the closed list of what ' +
      'there can be; `title` is stable, `detail` says what to do, and `errors` points at each fault in the body. The OAuth ' +
      'endpoints answer with the codes of RFC 6749 instead.',
    table(['code', 'status', 'title'], rows),
  );
}

function auditEvents() {
  return page(
    'Audit events',
    'An event is stored before the answer goes out: no event, no token and no change. These are all actions that there are.',
    table(
      ['action', 'what it means'],
      Object.entries(AUDIT_ACTIONS).map(([action, meaning]) => [`\`${action}\``, meaning]),
    ),
    '## Why a client was not let in',
    'Once its secret was found right, these questions are asked in this order, and the first that is answered with no is the ' +
      '`reason` of the event. The caller is told the same in all cases, with a reference: the `request_id` of the event.',
    table(
      ['reason', 'question'],
      ACCESS_CHECKS.map(({ name, question }) => [`\`${name}\``, question]),
    ),
  );
}

function privileges() {
  const rows = MANAGEMENT_PRIVILEGES.map(({ scope, group, description, level }) => [
    `\`${scope}\``,
    group,
    description,
    level,
  ]);
  return page(
    'Privileges of the Management API',
    'A privilege is an OAuth scope value. The level says at which companies a role can hold it: at every company, at resellers and ' +
      'the root company, or at the root company alone.',
    table(['scope', 'group', 'what it allows', 'level'], rows),
  );
}

/** The families of a process in which nothing has happened but one request. */
function emptyFamilies() {
  const requests = createRequestTimes();
  requests.record('/', 200, 1);
  return readFamilies({
    oauth: createOAuthTallies(),
    gate: createGateTally(),
    requests,
    queues: { waiting: () => ({ secrets: 0, passwords: 0, newSecrets: 0 }) },
    figures: () => ({ audit: {}, feed: {}, pool: { busy: 0, idle: 0 } }),
  });
}

function labelsOf({ type, values }) {
  const names = Object.keys(values[0].labels);
  // Those of a histogram are as many as there are buckets.
  if (type === 'histogram') return names.map((name) => `\`${name}\``).join(', ');
  return names.map((name) => `\`${name}\`: ${values.map(({ labels }) => `\`${labels[name]}\``).join(', ')}`).join('; ');
}

function metrics() {
  const rows = emptyFamilies().map((family) => [`\`${family.name}\``, family.type, labelsOf(family), family.help]);
  return page(
    'Metrics',
    'With `POSTERN_METRICS_PORT` set, `GET /metrics` on that port answers in the text format of Prometheus. There is no sign-in: ' +
      'keep the port to those who watch. No client ID, address or credential is in it. With several processes ' +
      '(`POSTERN_WORKERS`) the first one answers for all; what a process had counted stays in the sum when it is replaced.',
    `Beside these ${METRICS.length} there are the usual ones of a Node.js process: \`process_…\` and \`nodejs_…\`, among them ` +
      '`nodejs_eventloop_lag_p99_seconds` and `process_resident_memory_bytes`.',
    table(['metric', 'type', 'labels', 'what it says'], rows),
  );
}

function commands() {
  const help = (text) => `\`\`\`text\n${text}\n\`\`\``;
  return page(
    'Commands',
    'The command line works on the installation that the environment describes, while the server runs or not.',
    help(helpOfAll(COMMANDS)),
    ...COMMANDS.flatMap((command) => [`## ${command.name}`, help(helpOf(command))]),
  );
}

const files = {
  'configuration.md': configuration(),
  'commands.md': commands(),
  'metrics.md': metrics(),
  'problem-codes.md': problemCodes(),
  'audit-events.md': auditEvents(),
  'privileges.md': privileges(),
  'openapi.json': `${JSON.stringify(buildOpenApi(EXAMPLE_ISSUER, routes), null, 2)}\n`,
};

const folder = resolve(process.argv[2] ?? join(root, 'docs/reference'));
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!(name in files)) rmSync(join(folder, name));
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
