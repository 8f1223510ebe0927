import type { Logger } from '../../infra/logger.ts';

/**
 * Logs why messages were not taken: for each reason one line a minute, with the number of messages since the line
 * before. Whoever may publish cannot fill the log.
 */
export class RefusalLog {
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #refused = new Map<RefusalReason, { count: number; loggedAt: number }>();

  constructor(logger: Pick<Logger, 'warn'>) {
    this.#logger = logger;
  }

  add(reason: RefusalReason, details: object = {}): void {
    const now = performance.now();
    const { count, loggedAt } = this.#refused.get(reason) ?? { count: 0, loggedAt: -Infinity };
    const isDue = now - loggedAt >= PAUSE_MS;
    if (isDue) this.#logger.warn({ reason, count: count + 1, ...details }, 'hitl signals were not taken');
    this.#refused.set(reason, isDue ? { count: 0, loggedAt: now } : { count: count + 1, loggedAt });
  }
}

const PAUSE_MS = 60_000;

/** One of a closed set. */
type RefusalReason = Uppercase<string>;
