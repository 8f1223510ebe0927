import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import pg from 'pg';
import { authorize } from '../src/access/authorize.ts';
import { permissionsOf } from '../src/access/permissions.ts';
import type { Viewer } from '../src/access/viewer.ts';
import { recordAct } from '../src/kernel/audit/audit.ts';
import { AnswerBudget, type AnswerSize } from '../src/kernel/answer-size.ts';
import { RateLimiter } from '../src/modules/limits/rate-limiter.ts';
import { countingBytes, countingName } from '../src/schema-kit/rules/answer-bytes.ts';
import type { Account } from './support/account.ts';
import { monotonicMs } from './support/monotonic-clock.ts';

/**
 * A permission check, a count of the limiter in memory, the bytes of a dashboard's answer, and a transaction with and
 * without an audit entry, each many times in a row in this process.
 */
export async function timeParts(
  databaseUrl: string,
  account: Account,
  times: number,
): Promise<readonly string[]> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const sql = async <Row>(text: string, values: readonly unknown[] = []) =>
    (await database.query(text, [...values])).rows as Row[];
  const inTransaction = async (work: () => Promise<void>) => {
    await sql('BEGIN');
    await work();
    await sql('COMMIT');
  };
  const change = async () => {
    await sql('UPDATE users SET display_name = $2 WHERE id = $1', [account.userId, 'Bench']);
  };
  const entry = () =>
    recordAct({ sql }, 'account.email-changed', { tenantId: account.tenantId, actorId: account.userId });

  try {
    const plainMs = await meanMs(times, () => inTransaction(change));
    const auditedMs = await meanMs(times, () =>
      inTransaction(async () => {
        await change();
        await entry();
      }),
    );
    return [
      `A permission check alone: ${permissionNs(account).toFixed(0)} ns; a request counted in memory: ${(await limiterUs(account)).toFixed(0)} µs.`,
      `The bytes of a dashboard of 50 conversations × 50 messages of 6 fields, counted: ${(await dashboardMs(Math.ceil(times / 100))).toFixed(1)} ms.`,
      `A transaction that changes one row: ${plainMs.toFixed(2)} ms; with an audit entry: ${auditedMs.toFixed(2)} ms.`,
    ];
  } finally {
    await database.end();
  }
}

async function limiterUs(account: Account): Promise<number> {
  const limiter = new RateLimiter({
    redis: null,
    requestsPerMinute: 1_000_000,
    authRequestsPerMinute: 1_000_000,
    executionsPerMinute: 1_000_000,
    executionBurst: 1_000_000,
    keyChecksPerMinute: 0,
  });
  const caller = {
    viewer: viewerOf(account),
    client: { address: '127.0.0.1', userAgent: null, languages: '' },
  };
  const operations = new Map([['DEFAULT', 1]] as const);
  try {
    return 1_000 * (await meanMs(50_000, () => limiter.take(caller, operations)));
  } finally {
    await limiter.close();
  }
}

/** What counting adds to resolvers that do nothing: for each message an id, a text of 200 characters and four short values. */
async function dashboardMs(times: number): Promise<number> {
  const budget = new AnswerBudget({ maxBytes: 1e9, maxBytesOfCaller: 1e9 });
  const texts = ['x'.repeat(48), 'x'.repeat(200)].map((text): Resolver => countingBytes(() => text));
  const resolvers = [...texts, ...Array<Resolver>(4).fill(countingName(() => 1))];
  return meanMs(times, async () => {
    const answer = budget.open(1e9, 'bench');
    const info = { path: { key: 'content' } } as GraphQLResolveInfo;
    for (let message = 0; message < 50 * 50; message++)
      for (const resolve of resolvers) resolve(null, {}, { answer }, info);
    answer.close();
  });
}

type Resolver = GraphQLFieldResolver<unknown, { answer: AnswerSize }, object>;

function permissionNs(account: Account): number {
  const viewer = viewerOf(account);
  const times = 1_000_000;
  const startedAt = monotonicMs();
  for (let n = 0; n < times; n++) authorize({ viewer }, 'Mutation.executePipeline');
  return ((monotonicMs() - startedAt) * 1e6) / times;
}

function viewerOf({ userId, tenantId }: Account): Viewer {
  const credential = { kind: 'SESSION', id: 'bench', claims: { userId, tenantId }, expiresAt: null } as const;
  const role = 'USER';
  const permissions = permissionsOf({ role, tenantId });
  return { userId, tenantId, role, plan: 'PRO', permissions, credential };
}

async function meanMs(times: number, work: () => Promise<void>): Promise<number> {
  const startedAt = monotonicMs();
  for (let n = 0; n < times; n++) await work();
  return (monotonicMs() - startedAt) / times;
}
