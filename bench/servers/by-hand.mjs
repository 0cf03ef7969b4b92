// The least that a correct endpoint has to do, by hand on node:http: Basic credentials compared in constant time, scopes checked, a
// token of RFC 9068 signed. No framework, no database, no audit: what is physically possible.
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { parse } from 'node:querystring';
import {
  audience,
  client,
  extraClaims,
  isRightSecret,
  issuer,
  kid,
  lifetimeSeconds,
  listen,
  privatePem,
  scopes,
} from './setting.mjs';

const key = createPrivateKey(privatePem);
const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid })).toString('base64url');

/** DER to r‖s, which is cheaper than asking for that form. */
function toRaw(der) {
  const raw = Buffer.alloc(64);
  const rLength = der[3];
  der.copy(raw, 32 - Math.min(rLength, 32), 4 + Math.max(0, rLength - 32), 4 + rLength);
  const sAt = 6 + rLength;
  const sLength = der[5 + rLength];
  der.copy(raw, 64 - Math.min(sLength, 32), sAt + Math.max(0, sLength - 32), sAt + sLength);
  return raw;
}

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}

function issue(request, response, body) {
  const form = parse(body);
  const { authorization = '' } = request.headers;
  if (form.grant_type !== 'client_credentials') return answer(response, 400, { error: 'unsupported_grant_type' });
  if (!authorization.startsWith('Basic ')) return answer(response, 401, { error: 'invalid_client' });
  const pair = Buffer.from(authorization.slice(6), 'base64').toString('latin1');
  const colon = pair.indexOf(':');
  if (pair.slice(0, colon) !== client.id || !isRightSecret(pair.slice(colon + 1))) {
    return answer(response, 401, { error: 'invalid_client' });
  }
  const asked = String(form.scope ?? '').split(' ');
  if (asked.some((scope) => !scopes.includes(scope))) return answer(response, 400, { error: 'invalid_scope' });
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: client.id,
    client_id: client.id,
    aud: audience,
    iat,
    exp: iat + lifetimeSeconds,
    jti: randomUUID(),
    scope: asked.join(' '),
    ...extraClaims,
  };
  const input = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  const signature = toRaw(sign('sha256', Buffer.from(input, 'latin1'), key)).toString('base64url');
  return answer(response, 200, {
    access_token: `${input}.${signature}`,
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    scope: claims.scope,
  });
}

listen((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => issue(request, response, Buffer.concat(chunks).toString('latin1')));
});
