// Starts the Chromium that npm brings; nothing is downloaded and nothing of the system's is needed.

import { chromium, type Browser } from 'playwright-core';

// Not the arguments that the package proposes: they put everything into one process, where a second browser context
// hangs, and switch off web security, which is what these tests look at.
const browserArguments = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'];

/** The caller closes it. Extracts the browser to the temporary directory at the first call on a machine. */
export async function launchBrowser(): Promise<Browser> {
  // Makes the package bring its own NSS libraries too; it looks at this when it is loaded.
  process.env['AWS_EXECUTION_ENV'] = 'AWS_Lambda_nodejs22.x';
  const { default: packed } = await import('@sparticuz/chromium');
  return await chromium.launch({
    executablePath: await packed.executablePath(),
    args: browserArguments,
    headless: true,
  });
}
