// Starts the Chromium that npm brings; nothing is downloaded and nothing of the system's is needed.

import { chromium, type Browser } from 'playwright-core';

/** The caller closes it. Extracts the browser to the temporary directory at the first call on a machine. */
export async function launchBrowser(): Promise<Browser> {
  // Makes the package bring its own NSS libraries too; it looks at this when it is loaded.
  process.env['AWS_EXECUTION_ENV'] = 'AWS_Lambda_nodejs22.x';
  const { default: packed } = await import('@sparticuz/chromium');
  return await chromium.launch({ executablePath: await packed.executablePath(), args: packed.args, headless: true });
}
