import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In the order of their names. */
class ByName extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((one, other) => one.moduleId.localeCompare(other.moduleId)));
  }
}

/** Files that share one process as those of the project `unit` do; the second one leaks. See active-resources.test.ts. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    setupFiles: '../leak-guard.ts',
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    sequence: { sequencer: ByName },
  },
});
