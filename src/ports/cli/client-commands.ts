// `clients create`, `clients list`.
import { invalid } from '../../base/problem.ts';
import { splitRuleText } from '../../domain/address/rule-entries.ts';
import { clientFields } from '../../domain/client/client-fields.ts';
import type { ClientSummary } from '../../domain/client/client.ts';
import type { Command } from './command.ts';
import { findRoleId } from './role-by-name.ts';
import { textTable } from './text-table.ts';

export const clientCommands: readonly Command[] = [
  {
    name: 'clients create',
    summary: 'Registers a client and prints its client ID and its secret, once.',
    options: {
      name: { value: 'NAME', description: 'What people call it.', isRequired: true },
      role: { value: 'ROLE', description: 'Name of its role, such as "Company Admin".', isRequired: true },
      company: { value: 'ID', description: 'Id of its company; the root company when absent.' },
      ip: {
        value: 'ADDRESS',
        description: 'An address, network or range that it may call from; every address when absent.',
        isRepeatable: true,
      },
    },
    async run(tools, values) {
      const name = clientFields.name.safeParse(values.required('name'));
      if (!name.success) throw invalid([{ pointer: '/name', detail: name.error.issues[0]?.message ?? 'Not valid.' }]);
      const installation = await tools.open();
      const caller = await installation.callerIn(values.text('company'));
      const rules = values.list('ip').flatMap(splitRuleText);
      const mode = values.list('ip').length > 0 ? 'enforce' : 'off';
      const { client, clientSecret, notices } = await installation.services.clients.register(caller, {
        name: name.data,
        roleId: await findRoleId(installation, caller, values.required('role')),
        companyId: caller.companyId,
        ipRestriction: { mode, rules },
      });
      const lines = [
        `client_id:     ${client.clientId}`,
        `client_secret: ${clientSecret}`,
        '',
        ...notices.map(({ detail }) => `Note: ${detail}`),
        'Keep the secret now: it is not shown again. For a token (curl asks for the secret):',
        `  curl -u ${client.clientId} -d grant_type=client_credentials ${installation.issuer}/oauth2/token`,
      ];
      return { text: lines.join('\n'), json: { ...present(client), client_secret: clientSecret, notices } };
    },
  },
  {
    name: 'clients list',
    summary: 'Lists clients, newest first.',
    options: {
      company: { value: 'ID', description: 'Those of this company alone.' },
      status: { value: 'STATUS', description: 'active or inactive.' },
      search: { value: 'TEXT', description: 'Text in name or description, or the beginning of the client ID.' },
    },
    async run(tools, values) {
      const status = clientFields.status.optional().safeParse(values.text('status'));
      if (!status.success) throw invalid([{ pointer: '/status', detail: 'Status must be active or inactive.' }]);
      const { services, callerIn } = await tools.open();
      const companyId = values.text('company');
      const caller = await callerIn(companyId);
      const filter = { companyId, status: status.data, q: values.text('search') };
      const clients: ClientSummary[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await services.clients.list(caller, filter, { limit: 200, cursor: cursor ?? undefined });
        clients.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      return {
        text: clients.length === 0 ? 'There are no clients.' : toTable(clients),
        json: { items: clients.map(present) },
      };
    },
  },
];

function toTable(clients: readonly ClientSummary[]): string {
  return textTable(
    ['client_id', 'name', 'company', 'role', 'status', 'last used'],
    clients.map((client) => [
      client.clientId,
      client.name,
      client.companyName,
      client.roleName,
      client.status,
      client.lastUsedAt?.toISOString() ?? 'never',
    ]),
  );
}

/** The words of the Management API. */
function present(client: ClientSummary): Record<string, unknown> {
  return {
    client_id: client.clientId,
    name: client.name,
    company_id: client.companyId,
    role_id: client.roleId,
    role: client.roleName,
    status: client.status,
    ip_restriction: client.ipRestriction,
    created_at: client.createdAt.toISOString(),
    last_used_at: client.lastUsedAt?.toISOString() ?? null,
  };
}
