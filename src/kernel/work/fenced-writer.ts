import type { Merge } from '../../core/event-log/batch-writer.ts';
import type { Log } from '../../core/event-log/log.ts';
import type { Tx } from '../../infra/database.ts';
import type { Services } from '../context.ts';

/**
 * The writes of one claim, which are rejected once another worker has taken over the claim.
 * Errors of both methods: FencedError when that has happened; SERVICE_UNAVAILABLE when the database is unavailable,
 * even if the commit succeeded and only its confirmation was lost.
 */
export class FencedWriter<Event> {
  readonly #services: Pick<Services, 'database' | 'writer'>;
  readonly #log: Log<Event>;
  readonly #fence: number;

  constructor(services: Pick<Services, 'database' | 'writer'>, log: Log<Event>, fence: number) {
    this.#services = services;
    this.#log = log;
    this.#fence = fence;
  }

  /** Runs one transaction, including the events that it emits. May run `work` more than once. */
  write<T>(work: (tx: Tx, emit: (event: Event) => void) => Promise<T>): Promise<T> {
    return this.#services.database.transact((tx) => {
      tx.guard(this.#log, this.#fence);
      return work(tx, (event) => tx.append(this.#log, event, this.#fence));
    });
  }

  /** Appends one event of a stream, batched with other waiting events. `merge` may join it with the previous one. */
  append(event: Event, merge?: Merge<Event>): Promise<void> {
    return this.#services.writer.append(this.#log, this.#fence, event, merge);
  }
}
