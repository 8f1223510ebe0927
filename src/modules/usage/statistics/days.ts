import { z } from 'zod';
import { dayOf } from '../day.ts';

export const MAX_DAYS = 365;

export const daysInput = z.object({
  days: z.int().min(1, 'must be at least 1').max(MAX_DAYS, `must be at most ${MAX_DAYS}`),
});

/** The last `count` UTC days as `YYYY-MM-DD`, oldest first; the last is the day of `now`. */
export function lastDays(now: Date, count: number): [string, ...string[]] {
  const today = Date.parse(dayOf(now));
  const days = Array.from({ length: count }, (_, n) => dayOf(new Date(today - (count - 1 - n) * DAY_MS)));
  return days as [string, ...string[]];
}

const DAY_MS = 24 * 60 * 60 * 1_000;
