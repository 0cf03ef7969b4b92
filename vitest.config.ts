// How the tests run: one PostgreSQL for the whole run (test/support/global-setup.ts), each test file in its own process.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A bound for what hangs, not a measure: machines are shared, and no test passes or fails by the clock.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
