// Clients that others wrote, as they are: strict libraries in person, other runtimes by replaying their exact requests.

import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { ClientCredentials } from 'simple-oauth2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installation, startInstallation, type TestClient } from './installation.ts';
import { basicHeader, fetchToken, introspect, send } from './requests.ts';

let installation: Installation;
let own: TestClient;

beforeAll(async () => {
  installation = await startInstallation();
  own = await installation.register();
});

afterAll(() => installation.close());

/** The issuer of the test database isn't where this server listens. */
const fetchAtIssuer = (url: string, init: object): Promise<Response> =>
  fetch(url.replace(installation.issuer, installation.url), init);

const SCOPE = 'audit:read clients:read';

describe('oauth4webapi', () => {
  const options = () => ({ [oauth.customFetch]: fetchAtIssuer, [oauth.allowInsecureRequests]: true }) as const;

  async function discover(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(installation.issuer);
    const response = await oauth.discoveryRequest(issuer, { ...options(), algorithm: 'oauth2' });
    return await oauth.processDiscoveryResponse(issuer, response);
  }

  test.each([
    ['ClientSecretBasic', () => oauth.ClientSecretBasic(own.secret)],
    ['ClientSecretPost', () => oauth.ClientSecretPost(own.secret)],
  ])('discovers, gets, introspects and revokes with %s', async (_name, authenticate) => {
    const server = await discover();
    const it = { client_id: own.clientId };
    const granted = await oauth.clientCredentialsGrantRequest(server, it, authenticate(), { scope: SCOPE }, options());
    const token = await oauth.processClientCredentialsResponse(server, it, granted);
    expect(token).toMatchObject({ token_type: 'bearer', expires_in: 86_400, scope: SCOPE });
    const asked = await oauth.introspectionRequest(server, it, authenticate(), token.access_token, options());
    const state = await oauth.processIntrospectionResponse(server, it, asked);
    expect(state).toMatchObject({ active: true, scope: SCOPE, client_id: own.clientId });
    const revoked = await oauth.revocationRequest(server, it, authenticate(), token.access_token, options());
    await oauth.processRevocationResponse(revoked);
    expect((await introspect(installation, own, { token: token.access_token })).json.active).toBe(false);
  });

  test('RFC 9068 › a resource server validates the token by the published keys', async () => {
    const server = await discover();
    const request = new Request('https://rs.example/', {
      headers: { authorization: `Bearer ${await fetchToken(installation, own)}` },
    });
    const audience = `${installation.issuer}/api`;
    const claims = await oauth.validateJwtAccessToken(server, request, audience, options());
    expect(claims).toMatchObject({ client_id: own.clientId, sub: own.clientId, aud: audience });
  });

  test('understands a refusal', async () => {
    const server = await discover();
    const it = { client_id: own.clientId };
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      it,
      oauth.ClientSecretPost('wrong'),
      {},
      options(),
    );
    const refused = oauth.processClientCredentialsResponse(server, it, response);
    await expect(refused).rejects.toMatchObject({ status: 401 });
  });
});

test('openid-client discovers and gets a token', async () => {
  const configuration = await client.discovery(new URL(installation.issuer), own.clientId, own.secret, undefined, {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
    [client.customFetch]: fetchAtIssuer as client.CustomFetch,
  });
  const token = await client.clientCredentialsGrant(configuration, { scope: SCOPE });
  expect(token).toMatchObject({ token_type: 'bearer', expires_in: 86_400, scope: SCOPE });
  expect(await client.tokenIntrospection(configuration, token.access_token)).toMatchObject({ active: true });
  await client.tokenRevocation(configuration, token.access_token);
  expect(await client.tokenIntrospection(configuration, token.access_token)).toEqual({ active: false });
});

test.each(['header', 'body'])('simple-oauth2 gets a token with credentials in the %s', async (authorizationMethod) => {
  const credentials = new ClientCredentials({
    client: { id: own.clientId, secret: own.secret },
    auth: { tokenHost: installation.url, tokenPath: '/oauth2/token' },
    options: { authorizationMethod },
  });
  const got = await credentials.getToken({ scope: SCOPE });
  expect(got.token).toMatchObject({ token_type: 'Bearer', expires_in: 86_400, scope: SCOPE });
  expect(got.expired()).toBe(false);
});

describe('replayed requests', () => {
  const form = 'grant_type=client_credentials';
  const inForm = () => `${form}&client_id=${own.clientId}&client_secret=${own.secret}`;
  const type = 'application/x-www-form-urlencoded';

  test.each<[string, () => { headers: Record<string, string>; body: string }]>([
    [
      'curl -u id:secret -d grant_type=client_credentials',
      () => ({
        headers: { authorization: basicHeader(own), 'user-agent': 'curl/8.5.0', accept: '*/*', 'content-type': type },
        body: form,
      }),
    ],
    [
      'curl with the secret in the form and the Expect that old versions send for larger bodies',
      () => ({
        headers: { 'user-agent': 'curl/7.29.0', accept: '*/*', 'content-type': type, expect: '100-continue' },
        body: inForm(),
      }),
    ],
    [
      'Java HttpURLConnection with an Authenticator’s header',
      () => ({
        headers: {
          authorization: basicHeader(own),
          'content-type': type,
          'user-agent': 'Java/17.0.10',
          accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
          connection: 'keep-alive',
        },
        body: form,
      }),
    ],
    [
      'PowerShell Invoke-RestMethod -Method Post -Body @{…}',
      () => ({
        headers: {
          'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.20348; en-US) PowerShell/7.4.1',
          'accept-encoding': 'gzip, deflate, br',
          'content-type': type,
        },
        body: `client_secret=${own.secret}&grant_type=client_credentials&client_id=${own.clientId}`,
      }),
    ],
    [
      'Windows PowerShell 5.1',
      () => ({
        headers: {
          'user-agent': 'Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.20348.2227',
          'content-type': type,
          expect: '100-continue',
          connection: 'Keep-Alive',
        },
        body: inForm(),
      }),
    ],
    [
      'Python requests.post(url, data={…}, auth=(id, secret))',
      () => ({
        headers: {
          'user-agent': 'python-requests/2.31.0',
          'accept-encoding': 'gzip, deflate',
          accept: '*/*',
          connection: 'keep-alive',
          authorization: basicHeader(own),
          'content-type': type,
        },
        body: form,
      }),
    ],
    [
      'Python requests-oauthlib, which sends the id in the form as well',
      () => ({
        headers: {
          'user-agent': 'python-requests/2.31.0',
          accept: 'application/json',
          'content-type': `${type};charset=UTF-8`,
          authorization: basicHeader(own),
        },
        body: `${form}&client_id=${own.clientId}`,
      }),
    ],
    [
      'Swagger UI on the same origin',
      () => ({
        headers: {
          origin: installation.issuer,
          referer: `${installation.issuer}/docs`,
          'sec-fetch-site': 'same-origin',
          'sec-fetch-mode': 'cors',
          accept: 'application/json, text/plain, */*',
          'x-requested-with': 'XMLHttpRequest',
          'content-type': type,
          authorization: basicHeader(own),
        },
        body: `${form}&scope=`,
      }),
    ],
    [
      'Postman',
      () => ({
        headers: {
          'user-agent': 'PostmanRuntime/7.36.1',
          accept: '*/*',
          'postman-token': '5f',
          'cache-control': 'no-cache',
          'content-type': type,
          authorization: basicHeader(own),
        },
        body: `${form}&scope=audit%3Aread%20clients%3Aread`,
      }),
    ],
    [
      'Go golang.org/x/oauth2/clientcredentials, which form-encodes Basic',
      () => ({
        headers: {
          'user-agent': 'Go-http-client/1.1',
          'content-type': type,
          'accept-encoding': 'gzip',
          authorization: basicHeader(own),
        },
        body: `${form}&scope=audit%3Aread+clients%3Aread`,
      }),
    ],
    [
      '.NET HttpClient with FormUrlEncodedContent, chunked',
      () => ({ headers: { 'content-type': type, 'transfer-encoding': 'chunked' }, body: inForm() }),
    ],
  ])('%s gets a token in JSON', async (_name, toRequest) => {
    const answer = await send(installation, toRequest());
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.json).toMatchObject({ token_type: 'Bearer', expires_in: 86_400 });
  });

  test('Java is told in JSON too when something is wrong', async () => {
    const answer = await send(installation, {
      basic: own,
      headers: { accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2' },
      body: `${form}&scope=beyond`,
    });
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe('invalid_scope');
  });
});
