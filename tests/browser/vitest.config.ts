import { defineConfig } from 'vitest/config';

/** In a real browser, by `npm run test:browser`; not part of `npm test`. Needs Chromium: `apt-get install -y chromium`. */
export default defineConfig({
  resolve: { alias: { graphql: 'graphql/index.js' } }, // as in the configuration of `npm test`
  test: {
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: 'tests/support/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
