// oidc-provider as its documentation sets it up: its in-memory adapter, the client's secret in plain text, tokens signed through
// jose. No database, no audit, no address check: what Postern's engine costs before anything is added to it.
import { createPrivateKey } from 'node:crypto';
import Provider from 'oidc-provider';
import { audience, client, extraClaims, issuer, kid, lifetimeSeconds, listen, privatePem, scopes } from './setting.mjs';

const jwk = { ...createPrivateKey(privatePem).export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
const scope = scopes.join(' ');

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
      scope,
    },
  ],
  jwks: { keys: [jwk] },
  scopes,
  routes: { token: '/oauth2/token' },
  ttl: { ClientCredentials: lifetimeSeconds },
  extraTokenClaims: () => extraClaims,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        audience,
        scope,
        accessTokenFormat: 'jwt',
        accessTokenTTL: lifetimeSeconds,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

listen(provider.callback());
