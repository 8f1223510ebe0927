import { expect, it } from 'vitest';
import type { Context } from '../../../src/kernel/context.ts';
import { createContextCache } from '../../../src/kernel/reads/context-cache.ts';

it('createContextCache creates a value once per context', () => {
  let made = 0;
  const cache = createContextCache(() => ({ n: ++made }));
  const [one, other] = [{} as Context, {} as Context];
  expect([cache(one).n, cache(one).n, cache(other).n]).toEqual([1, 1, 2]);
});
