// The engine's library, loaded in one place. On Node 20 it prints once that it does not support this runtime; engine tests show that
// all we use of it works there, so the line would only alarm operators.
const warn = console.warn;
console.warn = (...parts: unknown[]) => {
  if (!String(parts[0]).includes('oidc-provider WARNING: Unsupported runtime')) warn(...parts);
};

export const { Provider, ExternalSigningKey } = await import('oidc-provider');
/** Behind `Provider.ctx`. Not part of the library's interface: its version is pinned, and a start without it fails. */
export const { default: engineScope } = await import('oidc-provider/lib/helpers/als.js');

console.warn = warn;
