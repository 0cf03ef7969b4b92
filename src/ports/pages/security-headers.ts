// The headers that every page carries, whatever its status.
import type { Context } from 'koa';

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  // For browsers that don't know frame-ancestors.
  'X-Frame-Options': 'DENY',
  // Not no-referrer: with it browsers send `Origin: null` when a form is posted, and we would refuse our own forms.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), payment=(), serial=(), usb=()',
  'Cache-Control': 'no-store',
};

const HSTS_SECONDS = 365 * 24 * 60 * 60;

export function setSecurityHeaders(ctx: Context, isHttps: boolean): void {
  ctx.set({ ...HEADERS });
  // Without includeSubDomains: what else runs under the name is not ours to decide.
  if (isHttps) ctx.set('Strict-Transport-Security', `max-age=${HSTS_SECONDS}`);
}
