// Forms are taken from our own pages only. What browsers say of themselves decides; no page needs a hidden token for it.
import { Problem } from '../../base/problem.ts';

/** What a request says about where it was made; empty when it says nothing. */
export interface RequestSource {
  /** `Sec-Fetch-Site`: sent by every browser of the last years, but only to https and to the own machine. */
  readonly fetchSite: string;
  /** `Origin`: sent with every cross-origin POST since 2020, and with same-origin ones too. */
  readonly origin: string;
  readonly host: string;
}

/**
 * 403 for a POST made by a page that is not ours.
 *
 * Neither header: no browser that knows SameSite sends such a POST, and in an older one the form would have to come with our
 * cookie, which is SameSite=Lax. It is a program such as curl, acting for itself, and passes.
 */
export function refuseCrossOrigin(source: RequestSource, issuer: string): void {
  const isForeignSite = source.fetchSite !== '' && source.fetchSite !== 'same-origin' && source.fetchSite !== 'none';
  const isForeignOrigin = source.origin !== '' && !isOwnOrigin(source.origin, source.host, new URL(issuer));
  if (!isForeignSite && !isForeignOrigin) return;
  throw new Problem(
    'request.forbidden',
    'This form was sent from another site, so nothing was done. Open the page on this server and send it from there.',
  );
}

/**
 * The issuer's origin, or that of the host that was asked: people open http://127.0.0.1:3000 while the issuer is
 * http://localhost:3000. A page elsewhere can make a browser send neither: `Host` is where the request goes and `Origin` where
 * it was made, so they are equal for our own pages alone. (With DNS rebinding they are equal as well, but then the browser takes
 * us for another host and sends no cookie of ours.) Under the issuer's own host only the issuer's scheme will do: a page of
 * plain http could have been written by somebody on the way.
 */
function isOwnOrigin(origin: string, host: string, issuer: URL): boolean {
  if (origin === issuer.origin) return true;
  const claimed = parseHttpUrl(origin);
  if (!claimed || claimed.origin !== origin || !/^[\w.:[\]-]+$/.test(host)) return false;
  const asked = parseHttpUrl(`${claimed.protocol}//${host}`);
  if (!asked || asked.host === issuer.host) return false;
  return asked.origin === origin;
}

function parseHttpUrl(text: string): URL | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}
