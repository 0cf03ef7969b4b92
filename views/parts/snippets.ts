// Ready-made programs that fetch a token and call the API with it, for the client's page.
// All of them read the secret from the environment: what is pasted into a file must not contain it.

export type SnippetTarget = {
  clientId: string;
  tokenUrl: string;
  /** Answered by any valid token: the `/me` resource of the Management API. */
  meUrl: string;
};

export type Snippet = {
  id: 'curl' | 'python' | 'powershell' | 'javascript' | 'test';
  label: string;
  /** What to know before running it. */
  about: string;
  code: string;
};

/** Quotes for POSIX shells: nothing inside is expanded. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function powershellQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** JSON string syntax is valid in JavaScript and Python alike. */
function doubleQuoted(text: string): string {
  return JSON.stringify(text);
}

function curl({ clientId, tokenUrl }: SnippetTarget): string {
  return [
    `curl -sS ${shellQuoted(tokenUrl)} \\`,
    `  -u ${shellQuoted(`${clientId}:`)}"$CLIENT_SECRET" \\`,
    '  -d grant_type=client_credentials',
  ].join('\n');
}

function python({ clientId, tokenUrl, meUrl }: SnippetTarget): string {
  return `import base64, json, os, urllib.parse, urllib.request

client_id = ${doubleQuoted(clientId)}
client_secret = os.environ["CLIENT_SECRET"]

basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
request = urllib.request.Request(
    ${doubleQuoted(tokenUrl)},
    data=form,
    headers={"Authorization": f"Basic {basic}"},
)
with urllib.request.urlopen(request, timeout=30) as response:
    token = json.load(response)["access_token"]

call = urllib.request.Request(
    ${doubleQuoted(meUrl)},
    headers={"Authorization": f"Bearer {token}"},
)
with urllib.request.urlopen(call, timeout=30) as response:
    print(json.dumps(json.load(response), indent=2))
`;
}

function powershell({ clientId, tokenUrl, meUrl }: SnippetTarget): string {
  return `$reply = Invoke-RestMethod -Method Post -Uri ${powershellQuoted(tokenUrl)} -Body @{
  grant_type    = 'client_credentials'
  client_id     = ${powershellQuoted(clientId)}
  client_secret = $env:CLIENT_SECRET
}

Invoke-RestMethod -Uri ${powershellQuoted(meUrl)} -Headers @{
  Authorization = "Bearer $($reply.access_token)"
}
`;
}

function javascript({ clientId, tokenUrl, meUrl }: SnippetTarget): string {
  return `// Node.js 18 or later; save as token.mjs
const clientId = ${doubleQuoted(clientId)};
const clientSecret = process.env.CLIENT_SECRET;

const reply = await fetch(${doubleQuoted(tokenUrl)}, {
  method: 'POST',
  headers: { authorization: 'Basic ' + btoa(clientId + ':' + clientSecret) },
  body: new URLSearchParams({ grant_type: 'client_credentials' }),
});
const body = await reply.json();
if (!reply.ok) throw new Error(body.error + ': ' + body.error_description);

const me = await fetch(${doubleQuoted(meUrl)}, {
  headers: { authorization: 'Bearer ' + body.access_token },
});
console.log(await me.json());
`;
}

function testScript({ clientId, tokenUrl, meUrl }: SnippetTarget): string {
  return `#!/bin/sh
# Checks one client from where it will run: name, secret, address, token, API.
# Usage: CLIENT_SECRET=… sh test-client.sh
set -u
: "\${CLIENT_SECRET:?Set CLIENT_SECRET to the secret of the client first.}"

reply=$(curl -sS -m 30 -w '\\n%{http_code}' ${shellQuoted(tokenUrl)} \\
  -u ${shellQuoted(`${clientId}:`)}"$CLIENT_SECRET" \\
  -d grant_type=client_credentials) || {
  echo "FAILED: the server can't be reached (see the message above)."
  exit 1
}
status=$(printf '%s\\n' "$reply" | tail -n 1)
body=$(printf '%s\\n' "$reply" | sed '$d')
if [ "$status" != 200 ]; then
  echo "FAILED: no token, HTTP status $status"
  printf '%s\\n' "$body"
  echo "The reference (ref …) above leads an administrator to the reason."
  exit 1
fi
token=$(printf '%s' "$body" | sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p')
echo "OK: the server issued a token."

status=$(curl -sS -m 30 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" \\
  ${shellQuoted(meUrl)}) || exit 1
if [ "$status" != 200 ]; then
  echo "FAILED: the API refused the token, HTTP status $status"
  exit 1
fi
echo "OK: the API accepted the token."
`;
}

export function snippetsFor(target: SnippetTarget): readonly Snippet[] {
  const secretFirst = 'Put the secret into the environment variable CLIENT_SECRET first.';
  return [
    { id: 'curl', label: 'curl', about: secretFirst, code: curl(target) },
    { id: 'python', label: 'Python', about: `${secretFirst} Needs nothing but Python 3.`, code: python(target) },
    { id: 'powershell', label: 'PowerShell', about: secretFirst, code: powershell(target) },
    { id: 'javascript', label: 'JavaScript', about: secretFirst, code: javascript(target) },
    {
      id: 'test',
      label: 'Test script',
      about: 'Run it on the machine where the client will run: it says what works and what doesn’t.',
      code: testScript(target),
    },
  ];
}
