import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'tests/browser/**'],
    globalSetup: 'tests/support/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2, // files share one Postgres and one Redis on two cores: more only wait for each other
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
