// What the OpenAPI document says in words, beside what it says in schemas.

export const API_DESCRIPTION = `
Registers and manages the clients that may call your APIs, the companies, users and roles that they belong to, and reads the audit log.

**Sign in.** Exchange client ID and client secret for an access token at \`/oauth2/token\` and send it as
\`Authorization: Bearer …\`. A tool that cannot do OAuth sends an API token instead: it is made once, under *API tokens* here or in the
pages, and goes as it is into \`Authorization: Bearer …\` or \`Authorization: Token …\`. Each operation names the privilege it needs. Rights are read at every call: a client that is paused,
or whose role loses a privilege, is refused at once.

**Lists** answer \`{ "items": […], "next_cursor": … }\`. Send \`next_cursor\` back as \`cursor\`, with the same filters, for the next
page; \`limit\` is 1 to 200, 50 when absent.

**Changes** are JSON merge patches (RFC 7396): what you leave out stays, null resets a field to its default. \`notices\` tells what
was written in another form than you sent it, such as \`192.168.1.30/24\` as \`192.168.1.0/24\`, and what is worth knowing of what you
saved, such as a host name that matches nobody now; \`pointer\` leads into what you sent.

**Conditions.** A single resource has an \`ETag\`. With \`If-Match\` a change is refused (412) when somebody else was faster; only
commands count for it, not uses: a busy client can still be changed. With \`If-None-Match\` an unchanged resource answers 304.

**Errors** are problem details (RFC 9457). In a 422 each entry of \`errors\` points to one fault: into the body
(\`/ip_restriction/rules/0\`), or to a query parameter (\`/query/limit\`). Unknown fields and parameters are refused too. What lies
outside your reach answers as if it did not exist. \`instance\` carries the \`X-Request-Id\` with which an administrator finds the
request.
`.trim();

export const TAGS: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'Me', description: 'The caller itself.' },
  { name: 'Clients', description: 'Machines with a client ID, a role, a status and an IP restriction.' },
  {
    name: 'Client secrets',
    description: 'At most two live ones for each client, so that they can be rotated without an outage.',
  },
  {
    name: 'Client addresses',
    description:
      'Whether a client would be let in and why, from where it was seen, and the list of rules that covers that.',
  },
  { name: 'Companies', description: 'Tenants, in a tree: a reseller manages the companies below its own.' },
  { name: 'Users', description: 'The people who sign in to the pages, with roles out of the same system as clients.' },
  { name: 'Roles', description: 'Named sets of privileges, and the catalogue of what can be granted.' },
  { name: 'APIs', description: 'What tokens are for, with their privileges, and the companies that may use them.' },
  {
    name: 'API tokens',
    description:
      'Static bearer tokens for tools that cannot do OAuth. Each belongs to a client or a user, is for one API, and never does more than its owner may at that moment.',
  },
  { name: 'Audit', description: 'Who did what to what, from where, with what outcome.' },
  { name: 'System', description: 'The installation itself.' },
];
