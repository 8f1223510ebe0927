import type { Services } from './context.ts';

/** Records the last use of the rows of a table in the background, at most once a minute for each. */
export class UseRecorder {
  readonly #services: UseServices;
  readonly #table: 'api_keys' | 'llm_keys';
  /** Rows whose use is being written, so that a burst of uses writes once. */
  readonly #pending = new Set<string>();

  constructor(table: 'api_keys' | 'llm_keys', services: UseServices) {
    this.#table = table;
    this.#services = services;
  }

  record(id: string): void {
    if (this.#pending.has(id) || this.#pending.size >= MAX_PENDING) return;
    this.#pending.add(id);
    const { database, logger } = this.#services;
    database
      .sql(
        `UPDATE ${this.#table} SET last_used_at = now()
         WHERE id = $1 AND coalesce(last_used_at < now() - interval '1 minute', true)`,
        [id],
      )
      .catch((error: unknown) =>
        logger.warn({ err: error, table: this.#table, id }, 'a last use was not recorded'),
      )
      .finally(() => this.#pending.delete(id));
  }
}

/** Above it, a use is recorded by a later one. */
const MAX_PENDING = 100;

interface UseServices {
  database: Pick<Services['database'], 'sql'>;
  logger: Pick<Services['logger'], 'warn'>;
}
