import { configDefaults, defineConfig } from 'vitest/config';

/** Pure code: its files can share their modules, which halves the time. */
const UNIT = { isolate: false };
/** Postgres and Redis, started once for the two projects that need them. */
const SERVERS = { globalSetup: 'tests/support/global-setup.ts' };

export default defineConfig({
  // Vite would give our files graphql's ES build, and Node gives its CommonJS build to the packages: two realms.
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    exclude: [...configDefaults.exclude, 'tests/browser/**'],
    setupFiles: 'tests/support/leak-guard.ts',
    pool: 'forks',
    maxWorkers: 2, // files share one Postgres and one Redis on two cores: more only wait for each other
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      project('unit', ['tests/unit/**/*.test.ts', 'tests/architecture.test.ts'], UNIT),
      project('integration', ['tests/{access,contracts,graphql,infra,money}/**/*.test.ts'], SERVERS),
      project('process', ['tests/{worker,transports}/**/*.test.ts', 'tests/demo.test.ts'], SERVERS),
    ],
  },
});

function project(name: string, include: string[], options: object) {
  return { extends: true as const, test: { name, include, ...options } };
}
