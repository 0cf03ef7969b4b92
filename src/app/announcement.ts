// What a start tells the person who started it: where Postern listens and, while there are no users, the link to make the first.
import type { Log } from '../base/log.ts';
import type { Settings } from '../config/settings.ts';
import type { FirstSteps } from './first-steps.ts';

/**
 * Standard output carries the log alone, JSON line by line; the link stands in the message of one of them, so that it can be read
 * by a person and found by a program (`docker compose logs`). A terminal gets it in plain words as well, on standard error.
 */
export function announce(log: Log, settings: Settings, steps: FirstSteps): void {
  // Since the process began.
  const milliseconds = Math.round(performance.now());
  const { host, port, issuer, workers } = settings;
  const { isAdministratorNew, setupLink } = steps;
  log.info({ host, port, issuer, workers, milliseconds }, `Postern is ready at ${issuer}`);
  if (isAdministratorNew) {
    log.info(`The first user was made from POSTERN_ADMIN_EMAIL. Sign in at ${issuer}/login`);
  }
  // Followed by a space, so that whoever cuts it out of the line by white space gets the link alone.
  if (setupLink !== undefined) {
    log.info(`There are no users yet. Make the first one at ${setupLink} (this link works once, for 24 hours)`);
  }
  if (process.stderr.isTTY) process.stderr.write(inPlainWords(issuer, steps));
}

function inPlainWords(issuer: string, { setupLink }: FirstSteps): string {
  const lines = [`Postern is ready at ${issuer}`, 'Stop it with Ctrl-C.'];
  if (setupLink !== undefined) {
    lines.splice(
      1,
      0,
      '',
      'There are no users yet. Make the first one here (works once, for 24 hours):',
      `  ${setupLink}`,
      '',
    );
  }
  return `\n${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n\n`;
}

/** What works and yet should not stay so in production. */
export function warnOfSettings(log: Log, settings: Settings): void {
  const url = new URL(settings.issuer);
  const isLocal =
    url.hostname === 'localhost' || url.hostname.endsWith('.localhost') || /^127\.|^\[::1\]$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLocal) {
    log.warn(
      { issuer: settings.issuer },
      'POSTERN_ISSUER is http: secrets and tokens cross the network in the clear. Put a proxy with TLS before Postern.',
    );
  }
  if (settings.bcryptCost < 10) {
    log.warn({ cost: settings.bcryptCost }, 'POSTERN_BCRYPT_COST is below 10, which is for tests only');
  }
}
