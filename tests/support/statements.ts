import pg from 'pg';
import { afterEach, beforeEach, vi } from 'vitest';

/** Before each test: records the statements that this process sends to Postgres, and the size of their results. */
export function recordedStatements(): {
  /** Without those that check credentials, which a query may have done without. */
  during: (work: () => Promise<unknown>) => Promise<Statement[]>;
  checksDuring: (work: () => Promise<unknown>) => Promise<Statement[]>;
} {
  const query = Reflect.get(pg.Client.prototype, 'query') as (...args: unknown[]) => unknown;
  const sent: Statement[] = [];
  beforeEach(() => {
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: unknown, ...args: unknown[]) {
      const statement = { text: textOf(args[0]), rows: 0 };
      sent.push(statement);
      const count = (result: unknown) =>
        (statement.rows = (result as pg.QueryResult | undefined)?.rowCount ?? 0);
      const callback = args.at(-1);
      if (typeof callback !== 'function') {
        return (query.apply(this, args) as Promise<unknown>).then(
          (result) => (count(result), result),
        ) as never;
      }
      const counting = (error: unknown, result: unknown) => (
        count(result),
        callback(error, result) as unknown
      );
      return query.apply(this, [...args.slice(0, -1), counting]) as never;
    });
  });
  afterEach(() => vi.restoreAllMocks());
  async function all(work: () => Promise<unknown>): Promise<Statement[]> {
    const before = sent.length;
    await work();
    return sent.slice(before).filter(({ text }) => !BACKGROUND.test(text));
  }
  return {
    during: async (work) => (await all(work)).filter(({ text }) => !CHECK.test(text)),
    checksDuring: async (work) => (await all(work)).filter(({ text }) => CHECK.test(text)),
  };
}

/** What the queue asks at any time, and those who follow logs. */
const BACKGROUND = /pgboss|pg_listening_channels|SELECT id, head FROM event_logs/;

/** How the authenticators of sessions, API keys and tokens of issuers begin to read. */
const CHECK = /SELECT u\.role, u\.plan\s+FROM sessions|SELECT k\.id, k\.user_id|AS "isDenied"/;

function textOf(query: unknown): string {
  return typeof query === 'string' ? query : String((query as { text?: unknown }).text);
}

export interface Statement {
  text: string;
  /** Number of returned rows. */
  rows: number;
}
