import { describe, expect, it } from 'vitest';
import { abortOnReturn, onReturn } from '../../../../src/core/async/on-return.ts';

describe('onReturn', () => {
  it('ends a pending wait immediately, then the generator', async () => {
    const wait = Promise.withResolvers<void>();
    let isFinished = false;
    async function* generate() {
      try {
        await wait.promise;
        yield 1;
      } finally {
        isFinished = true;
      }
    }
    const generator = onReturn(generate(), wait.reject);
    const pending = generator.next().catch(() => 'left');
    const returned = generator.return();
    expect(await pending).toBe('left');
    expect(await returned).toEqual({ done: true, value: undefined });
    expect(isFinished).toBe(true);
  });

  it('also calls leave when return comes before the first value', async () => {
    let hasLeft = false;
    async function* generate() {
      yield 1;
    }
    const generator = onReturn(generate(), () => (hasLeft = true));
    await generator.return();
    expect(hasLeft).toBe(true);
    expect(await generator.next()).toEqual({ done: true, value: undefined });
  });

  it('does not call leave for a generator that is read to its end', async () => {
    let hasLeft = false;
    async function* generate() {
      yield* [1, 2];
    }
    const values: number[] = [];
    for await (const value of onReturn(generate(), () => (hasLeft = true))) values.push(value);
    expect([values, hasLeft]).toEqual([[1, 2], false]);
  });
});

describe('abortOnReturn', () => {
  it('aborts the signal on return', async () => {
    const generator = abortOnReturn(async function* (signal) {
      yield 'first';
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    expect(await generator.next()).toEqual({ done: false, value: 'first' });
    const pending = generator.next();
    await generator.return();
    expect(await pending).toEqual({ done: true, value: undefined });
  });
});
