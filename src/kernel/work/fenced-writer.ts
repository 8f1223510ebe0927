import type { Merge } from '../../core/event-log/batch-writer.ts';
import type { Log } from '../../core/event-log/log.ts';
import type { Tx } from '../../infra/database.ts';
import type { Services } from '../context.ts';

/**
 * The writes of one claim: whatever it writes is refused once another worker has taken the claim over.
 * Errors of both methods: FencedError when that has happened; SERVICE_UNAVAILABLE while the database is away, which
 * also covers a commit that stands although its answer was lost with the connection.
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

  /** One transaction, with what it emits to the log. `work` may run more than once. */
  write<T>(work: (tx: Tx, emit: (event: Event) => void) => Promise<T>): Promise<T> {
    return this.#services.database.transact((tx) => {
      tx.guard(this.#log, this.#fence);
      return work(tx, (event) => tx.append(this.#log, event, this.#fence));
    });
  }

  /** One event of a stream, batched with others that wait; `merge` joins it with the one before. */
  append(event: Event, merge?: Merge<Event>): Promise<void> {
    return this.#services.writer.append(this.#log, this.#fence, event, merge);
  }
}
