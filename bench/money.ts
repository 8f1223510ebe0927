/** What it costs to pay for a call: the reservation against all limits before it, the open call and the booking after it. */
import { SpendingGate } from '../src/core/spending/spending-gate.ts';
import type { LanguageModel, ModelRequest } from '../src/core/llm/language-model.ts';
import type { ModelPrice } from '../src/core/llm/prices.ts';
import { createDatabase, type Database } from '../src/infra/database.ts';
import { startEmbeddedPostgres } from '../src/infra/embedded-postgres.ts';
import { createLogger } from '../src/infra/logger.ts';
import { applyMigrations } from '../src/infra/migrations.ts';
import { type MeteredCallContext, openMeteredCall } from '../src/modules/usage/metered-call.ts';
import type { Report } from '../tools/report.ts';
import { median, percentile } from '../tools/statistics.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

export async function benchMoney({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  using folder = temporaryFolder();
  const postgres = await startEmbeddedPostgres({ folder: folder.path });
  try {
    await applyMigrations(postgres.url);
    const found = new Map(LOADS.map((load) => [load, [] as Times[]]));
    for (let round = 0; round < rounds; round++)
      for (const [load, times] of found) times.push(await measure(postgres.url, load, quick ? 50 : CALLS));
    return { title: TITLE, tables: [{ columns: COLUMNS, rows: [...found].map(rowOf) }], notes: NOTES };
  } finally {
    await postgres.stop();
  }
}

/** Two gates, like two processes; each lane makes one call after the other. */
async function measure(url: string, { tenants, lanes, hotShare }: Load, calls: number): Promise<Times> {
  const jobs = { send: async () => {} };
  const logger = createLogger('silent');
  const databases = [0, 1].map(() => createDatabase({ url, live: { publish: () => {} }, jobs, logger }));
  const contexts = databases.map((database) => contextOf(database));
  await storePayers(databases[0]!, tenants);
  const times: Times = { open: [], book: [], elapsedMs: 0, calls };
  let left = calls;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (left-- > 0) {
        const tenant = left % 100 < hotShare ? 0 : left % tenants;
        await payFor(contexts[lane % 2]!, tenant, times);
      }
    }),
  );
  times.elapsedMs = performance.now() - startedAt;
  await Promise.all(contexts.map(({ spending }) => spending.close()));
  await Promise.all(databases.map((database) => database.close()));
  return times;
}

async function payFor(ctx: MeteredCallContext, tenant: number, { open, book }: Times): Promise<void> {
  const payer = { tenantId: `t${tenant}`, userId: `u${tenant}`, plan: 'UNLIMITED', apiKeyId: null } as const;
  const { signal } = new AbortController();
  const { provider, model } = PRICE;
  const route = { id: 'bench', provider, model, languageModel: MODEL, price: PRICE };
  const startedAt = performance.now();
  const call = await openMeteredCall(ctx, {
    payer: { ...payer, conversationId: 'c', messageId: 'm' },
    route,
    request: REQUEST,
    signal,
  });
  open.push(performance.now() - startedAt);
  const sentAt = performance.now();
  for await (const part of call.parts) if (part.type === 'end') break;
  await ctx.database.transact((tx) => call.settle(tx));
  book.push(performance.now() - sentAt);
}

function contextOf(database: Database): MeteredCallContext {
  const onError = (error: unknown) => console.error(error);
  const transact: <T>(work: (tx: Database['sql']) => Promise<T>) => Promise<T> = (work) =>
    database.transact((tx) => work(tx.sql));
  const spending = new SpendingGate({ sql: database.sql, transact, onError });
  const settings = { requiresVerifiedEmail: false, serverCostPerDayMicros: 10n ** 12n };
  return { database, spending, settings, clock: () => new Date(), logger: createLogger('silent') };
}

async function storePayers({ sql }: Database, tenants: number): Promise<void> {
  await sql(
    `WITH tenant AS (
       INSERT INTO tenants (id, external_id, name, cost_limit_micros)
       SELECT 't' || n, 't' || n, 'Bench', 1000000000000 FROM generate_series(0, $1::int - 1) n ON CONFLICT DO NOTHING
     )
     INSERT INTO users (id, tenant_id, display_name, role)
     SELECT 'u' || n, 't' || n, 'Bench', 'USER' FROM generate_series(0, $1::int - 1) n ON CONFLICT DO NOTHING`,
    [tenants],
  );
}

function rowOf([{ name }, times]: [Load, Times[]]): string[] {
  const of = (kind: 'open' | 'book', p: number) =>
    `${median(times.map((round) => percentile(round[kind], p))).toFixed(1)} ms`;
  const perSecond = median(times.map(({ calls, elapsedMs }) => (calls * 1_000) / elapsedMs));
  return [name, of('open', 0.5), of('open', 0.99), of('book', 0.5), of('book', 0.99), perSecond.toFixed(0)];
}

const LOADS: readonly Load[] = [
  { name: '1 call at a time', tenants: 1, lanes: 1, hotShare: 0 },
  { name: '50 at once, 1 tenant', tenants: 1, lanes: 50, hotShare: 0 },
  { name: '50 at once, 10 tenants', tenants: 10, lanes: 50, hotShare: 0 },
  { name: '50 at once, 100 tenants', tenants: 100, lanes: 50, hotShare: 0 },
  { name: '50 at once, 100 tenants, one makes 90 %', tenants: 100, lanes: 50, hotShare: 90 },
];
const TITLE =
  'money: a call against the limits of user, tenant and server, through two gates, without the call itself';
const COLUMNS = ['calls', 'reserve p50', 'p99', 'record and book p50', 'p99', 'calls/s'];
const NOTES = ['The limit of the server is one row that all calls share: without it, tenants do not meet.'];
const CALLS = 1_000;

const PRICE: ModelPrice = {
  provider: 'OPENAI',
  model: 'bench',
  inputUsdPerMTok: '1',
  outputUsdPerMTok: '2',
  contextTokens: null,
  version: 'bench',
};

const REQUEST: ModelRequest = {
  model: 'bench',
  system: 'You are brief.',
  messages: [{ role: 'user', content: 'Say hello.' }],
  maxOutputTokens: 1_000,
  task: { name: 'bench', metadata: {} },
};

const MODEL: LanguageModel = {
  async *stream() {
    yield { type: 'text', text: 'Hello.' };
    yield { type: 'usage', usage: { inputTokens: 10, outputTokens: 3 } };
    yield { type: 'end', reason: 'stop' };
  },
};

interface Load {
  name: string;
  tenants: number;
  lanes: number;
  /** Of a hundred calls, so many are those of the first tenant. */
  hotShare: number;
}

/** In milliseconds. */
interface Times {
  open: number[];
  book: number[];
  elapsedMs: number;
  calls: number;
}
