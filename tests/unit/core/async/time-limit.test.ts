import { describe, expect, it } from 'vitest';
import { withTimeLimit } from '../../../../src/core/async/time-limit.ts';
import { activeResources } from '../../../support/active-resources.ts';

describe('work with a time limit', () => {
  it('gives its result within the time, and leaves no timer behind', async () => {
    const before = activeResources();
    expect(await withTimeLimit(Promise.resolve('result'), 60_000, 'fallback')).toBe('result');
    expect(activeResources()).toEqual(before);
  });

  it('gives the fallback when it takes longer', async () => {
    expect(await withTimeLimit(new Promise(() => {}), 1, 'fallback')).toBe('fallback');
  });

  it('fails with the error of the work', async () => {
    await expect(withTimeLimit(Promise.reject(new Error('broken')), 60_000, null)).rejects.toThrow('broken');
  });
});
