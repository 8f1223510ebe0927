import { describe, expect, it } from 'vitest';
import { uuidV7 } from '../../../src/core/uuid-v7.ts';

describe('uuidV7', () => {
  it('makes ids of version 7 with the time of now', () => {
    const before = Date.now();
    const id = uuidV7();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const ms = parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(ms).toBeGreaterThanOrEqual(before);
  });

  it('orders ids by the calls, also thousands within one millisecond', () => {
    const ids = Array.from({ length: 20_000 }, uuidV7);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
