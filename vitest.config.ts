import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would give our files graphql's ES build, and Node gives its CommonJS build to the packages: two realms.
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'tests/browser/**'],
    globalSetup: 'tests/support/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2, // files share one Postgres and one Redis on two cores: more only wait for each other
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
