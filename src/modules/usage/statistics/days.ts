import { z } from 'zod';
import type { Services } from '../../../kernel/context.ts';
import { dayOf } from '../day.ts';

export const MAX_DAYS = 365;

export const daysInput = z.object({
  days: z.int().min(1, 'must be at least 1').max(MAX_DAYS, `must be at most ${MAX_DAYS}`),
});

/**
 * One value for each of the last `count` UTC days, oldest first, made from the rows of that day: none, if it had no use.
 * The first and the last day follow `ids` in the values of the statement.
 */
export async function byDay<Row extends { day: string }, OfDay>(
  { database, clock }: StatisticsServices,
  count: number,
  { statement, ids }: { statement: string; ids: string[] },
  ofDay: (rows: Row[]) => OfDay,
): Promise<(OfDay & { date: Date })[]> {
  const days = lastDays(clock(), count);
  const rows = await database.sql<Row>(statement, [...ids, days[0], days.at(-1)]);
  const found = Map.groupBy(rows, ({ day }) => day);
  return days.map((day) => ({ date: new Date(day), ...ofDay(found.get(day) ?? []) }));
}

/** The last `count` UTC days as `YYYY-MM-DD`, oldest first; the last is the day of `now`. */
export function lastDays(now: Date, count: number): string[] {
  const today = Date.parse(dayOf(now));
  return Array.from({ length: count }, (_, n) => dayOf(new Date(today - (count - 1 - n) * DAY_MS)));
}

const DAY_MS = 24 * 60 * 60 * 1_000;

export type StatisticsServices = Pick<Services, 'database' | 'clock'>;

/** Of a statistic. */
export interface OnDay {
  /** Midnight UTC at the start of the day. */
  date: Date;
}
