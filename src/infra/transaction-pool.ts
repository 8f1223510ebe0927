import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import type { Sql } from '../core/sql.ts';
import { storableText } from '../core/text/storable-text.ts';
import { toDomainError } from './database-errors.ts';

/**
 * A pool that shares the connection of a Prisma transaction with the raw statements of the same transaction. Prisma
 * does not expose its connection: the first connection acquired within `withSharedClient` is that of the transaction,
 * until it is released.
 */
export class TransactionPool extends pg.Pool {
  readonly #bound = new AsyncLocalStorage<BoundClient>();
  readonly #boundClients = new WeakMap<pg.PoolClient, BoundClient>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('release', (_error, client) => this.#end(client));
    // A connection that breaks before its user listens fails the first query; an unhandled error event would end the process.
    this.on('connect', (client) => void client.on('error', () => {}));
  }

  /** Passes a `sql` that runs on the first connection that `work` acquires, and throws outside of its transaction. */
  withSharedClient<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const bound: BoundClient = { client: null };
    const sql = sqlOf(() => {
      if (!bound.client) throw new Error('the transaction has not started or has ended');
      return bound.client;
    });
    return this.#bound.run(bound, () => work(sql));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (callback) return super.connect(callback); // for a single statement
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

/**
 * Runs statements on `connection`. Texts are made storable; JSON has to be made with `storableJson`.
 * Errors: SERVICE_UNAVAILABLE when the database is unavailable; UnstorableError.
 */
export function sqlOf(connection: () => pg.Pool | pg.PoolClient): Sql {
  return async <Row>(text: string, params?: readonly unknown[]) => {
    const target = connection();
    try {
      return (await target.query(text, params?.map(storableParam))).rows as Row[];
    } catch (error) {
      throw toDomainError(error);
    }
  };
}

function storableParam(param: unknown): unknown {
  return typeof param === 'string' ? storableText(param) : param;
}

type ConnectCallback = Parameters<pg.Pool['connect']>[0];

interface BoundClient {
  /** Null before the transaction starts and after it has ended. */
  client: pg.PoolClient | null;
}
