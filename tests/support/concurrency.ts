import type { TestApp } from './app.ts';
import { eventually } from './eventually.ts';

/** Waits until a statement on the app's database waits for the lock of a row. */
export async function lockWaited({ services }: TestApp): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await eventually(async () => (await services.database.sql(waiting)).length > 0);
}

/** A barrier: `reached` resolves when somebody waits at it, `open` lets everybody through. */
export function barrier(): Barrier {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  return { reached, open, wait: () => (reach(), opened) };
}

interface Barrier {
  reached: Promise<void>;
  open: () => void;
  wait: () => Promise<void>;
}
