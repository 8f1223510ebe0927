import { afterAll } from 'vitest';
import { expectNothingLeft } from './active-resources.ts';

/**
 * A setup file of every project: after the last hook of each test file, fails the file if it has left resources open.
 * Hooks run in the reverse order of their registration, and this one is registered first.
 */
afterAll(() => expectNothingLeft());
