import { describe, expect, it } from 'vitest';
import { dayOf, resetsAt } from '../../../../src/modules/usage/day.ts';

describe('dayOf', () => {
  it('is the UTC day, wherever the process runs', () => {
    expect(dayOf(new Date('2026-11-21T23:59:59.999Z'))).toBe('2026-11-21');
    expect(dayOf(new Date('2026-11-22T08:59:59+09:00'))).toBe('2026-11-21');
    expect(dayOf(new Date('2026-11-22T09:00:00+09:00'))).toBe('2026-11-22');
  });
});

describe('resetsAt', () => {
  it('is the next midnight UTC, also at the end of months and years and at clock changes', () => {
    expect(resetsAt(new Date('2026-11-21T00:00:00Z'))).toEqual(new Date('2026-11-22T00:00:00Z'));
    expect(resetsAt(new Date('2028-02-28T12:00:00Z'))).toEqual(new Date('2028-02-29T00:00:00Z'));
    expect(resetsAt(new Date('2026-12-31T23:59:59.999Z'))).toEqual(new Date('2027-01-01T00:00:00Z'));
    expect(resetsAt(new Date('2026-03-29T01:30:00+01:00'))).toEqual(new Date('2026-03-30T00:00:00Z'));
  });

  it('is unique for each day of a year', () => {
    let now = new Date('2026-01-01T00:00:00Z');
    const days = new Set<string>();
    while (now.getUTCFullYear() === 2026) {
      days.add(dayOf(now));
      now = resetsAt(now);
    }
    expect(days.size).toBe(365);
  });
});
