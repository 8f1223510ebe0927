import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import type { Sql } from '../core/sql.ts';
import { toAppError } from './database-errors.ts';

/**
 * A pool that shares the connection which Prisma takes for a transaction with the raw statements of the same
 * transaction. Prisma does not say which connection it takes: the first one that is taken within `withSharedClient`
 * is the transaction's, until it is released.
 */
export class TransactionPool extends pg.Pool {
  readonly #bound = new AsyncLocalStorage<BoundClient>();
  readonly #boundClients = new WeakMap<pg.PoolClient, BoundClient>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('release', (_error, client) => this.#end(client));
    // One that breaks before its borrower listens tells it by its first query; unheard, it would end the process.
    this.on('connect', (client) => void client.on('error', () => {}));
  }

  /** `sql` runs on the connection that `work` takes first. Outside of its transaction, it throws. */
  withSharedClient<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const bound: BoundClient = { client: null };
    const sql = sqlOf(() => {
      if (!bound.client) throw new Error('the transaction is over, or has not begun');
      return bound.client;
    });
    return this.#bound.run(bound, () => work(sql));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (callback) return super.connect(callback); // a single statement's
    return super.connect().then((client) => this.#start(client));
  }

  #start(client: pg.PoolClient): pg.PoolClient {
    const bound = this.#bound.getStore();
    if (bound && !bound.client) {
      bound.client = client;
      this.#boundClients.set(client, bound);
    }
    return client;
  }

  #end(client: pg.PoolClient): void {
    const bound = this.#boundClients.get(client);
    if (bound) bound.client = null;
    this.#boundClients.delete(client);
  }
}

/** Statements on what `connection` gives, with errors of a database that is away as SERVICE_UNAVAILABLE. */
export function sqlOf(connection: () => pg.Pool | pg.PoolClient): Sql {
  return async <Row>(text: string, params?: readonly unknown[]) => {
    const target = connection();
    try {
      return (await target.query(text, params as unknown[])).rows as Row[];
    } catch (error) {
      throw toAppError(error);
    }
  };
}

type ConnectCallback = Parameters<pg.Pool['connect']>[0];

interface BoundClient {
  /** Null before the transaction begins and after it ended. */
  client: pg.PoolClient | null;
}
