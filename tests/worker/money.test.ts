import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type Database } from '../../src/infra/database.ts';
import { createLogger } from '../../src/infra/logger.ts';
import { verifyLedger } from '../../src/modules/usage/verify.ts';
import { type Account, TestApp } from '../support/app.ts';
import { type AnswerPlan, type BilledCall, BillingProvider } from '../support/billing-provider.ts';
import { NEED, openConversation, replyEnded, send } from '../support/conversations.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { rowId } from '../support/ids.ts';
import { micros } from '../support/money.ts';
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type TestProcess, testProcesses } from '../support/server-process.ts';

const { url } = testDatabase();
const processes = testProcesses({
  SECRET_KEY: 'only for tests: 0123456789abcdefghijklmnopqrstuvwxyz',
  DEFAULT_PLAN: 'UNLIMITED',
  DATABASE_URL: url,
});

/** `npm run chaos:money` asks for 1,000. */
const RUNS = Number(process.env['CHAOS_RUNS'] ?? 24);
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_128);

describe.skipIf(findRedis() === null)(
  'an API process, two workers and a provider with accounts of its own',
  () => {
    const app = new TestApp([]);
    let provider: BillingProvider;
    let redis: RedisServer;
    let database: Database;
    let workers: TestProcess[];

    const start = (role: string) =>
      processes.start({
        ROLE: role,
        REDIS_URL: redis.url,
        OPENAI_COMPATIBLE_SERVERS: provider.setting('1', '10'),
        DEFAULT_LLM_PROVIDER: 'OPENAI_COMPATIBLE',
      });

    beforeAll(async () => {
      [provider, redis] = await Promise.all([new BillingProvider().start(), startRedis()]);
      const jobs = { send: async () => {} };
      database = createDatabase({ url, live: { publish: () => {} }, jobs, logger: createLogger('silent') });
      workers = [start('worker'), start('worker')];
      await Promise.all([app.start(start('api')), ...workers.map((worker) => worker.listen())]);
    });
    afterAll(async () => {
      await Promise.all([provider.stop(), database.close()]);
      await redis.stop();
    });

    describe('a call that is stopped', () => {
      /** As many as the provider writes in a second. */
      const PER_SECOND = 50;
      const endless: AnswerPlan = { tokens: 3_000, everyMs: 1_000 / PER_SECOND };

      it('by cancelExecution writes for at most a second more', async () => {
        const { ann, id, call } = await streamingRun();
        const before = call.written;
        await app.mutate('cancelExecution', { executionId: id }, '', ann);
        await expectStopped(call, before);
        expect(await costOf('execution_id', id)).toBeGreaterThan(0n);
      });

      it('by stopReply writes for at most a second more', async () => {
        const ann = await app.register();
        provider.plan = () => ({ tokens: 60, everyMs: 1_000 / PER_SECOND });
        const first = provider.calls.length;
        const { reply } = await send(app, ann, await openConversation(app, ann), NEED);
        const call = await begun(first);
        const before = call.written;
        await app.mutate('stopReply', { messageId: reply!.id }, '', ann);
        await expectStopped(call, before);
        await replyEnded(app, ann, reply!.id);
      });

      it('by the loss of its lease writes for at most a second more', async () => {
        const { ann, id, call } = await streamingRun();
        const before = call.written;
        const [claim] = await database.sql<{ id: string }>("SELECT id FROM claims WHERE id LIKE '%' || $1", [
          rowId(id),
        ]);
        expect(claim).toBeDefined();
        await database.sql("UPDATE claims SET holder = 'another', expires_at = now() WHERE id = $1", [
          claim!.id,
        ]);
        await database.sql('UPDATE event_logs SET fence = fence + 1 WHERE id = $1', [claim!.id]);
        await expectStopped(call, before);
        provider.plan = () => ({ told: { input: 9, output: 10 } });
        await runWhen(app, ann, id, hasEnded);
      });

      it('by its limit writes for at most a second more', async () => {
        const { call } = await streamingRun({ maxOutputTokens: 20 });
        await eventually(() => call.isOver, { timeoutMs: 10_000 });
        expect(call.written).toBeLessThan(20 * 2 + PER_SECOND);
      });

      async function streamingRun(step: object = {}) {
        const ann = await app.register();
        provider.plan = () => endless;
        const first = provider.calls.length;
        const id = await startRun(app, ann, design({ key: 'long', ...step }));
        return { ann, id, call: await begun(first) };
      }

      async function expectStopped(call: BilledCall, before: number): Promise<void> {
        await eventually(() => call.isOver, { timeoutMs: 10_000 });
        expect(call.written - before).toBeLessThanOrEqual(PER_SECOND);
      }
    });

    describe('200 calls at once against a limit of $1.00', () => {
      it.each<[string, (limit: number) => AnswerPlan, number]>([
        ['is honest', (limit) => ({ told: { input: 200, output: Math.floor(limit * 0.97) } }), 0.9],
        ['claims 900 million tokens', () => ({ told: { input: 900_000_000, output: 900_000_000 } }), 0.9],
        ['claims zero', () => ({ tokens: 100, told: { input: 0, output: 0 } }), 0],
        ['claims a negative number', () => ({ tokens: 100, told: { input: -1, output: -900 } }), 0],
        ['says nothing', () => ({ tokens: 100 }), 0],
        ['writes more than it may', (limit) => ({ tokens: limit * 2 }), 0.9],
      ])('never books more when the provider %s', async (_what, answer, usable) => {
        const ann = await app.register();
        await app.mutate('setTenantCostLimit', { costLimit: '1' }, '', ann);
        const LIMIT = 1_000;
        provider.plan = () => answer(LIMIT);
        const keys = Array.from({ length: 29 }, (_, n) => ({ key: `s${n}`, maxOutputTokens: LIMIT }));
        const steps = design(...keys, { key: 'end', dependsOn: keys.map(({ key }) => key) });
        const runs = await Promise.all(Array.from({ length: 7 }, () => startRun(app, ann, steps)));

        let hasEndedAll = false;
        const ended = Promise.all(
          runs.map((id) => eventually(() => isOver(id), { timeoutMs: 25_000, intervalMs: 100 })),
        ).finally(() => (hasEndedAll = true));
        while (!hasEndedAll) {
          const { cost, reserved } = await today(ann);
          expect(cost + reserved).toBeLessThanOrEqual(1_000_000n);
        }
        await ended;
        const { cost } = await today(ann);
        expect(cost).toBeLessThanOrEqual(1_000_000n);
        expect(cost).toBeGreaterThanOrEqual(BigInt(usable * 1_000_000));
        expect(cost).toBe(await costOf('user_id', ann.session.user.id));
        await expectSoundBooks();
      });
    });

    it(
      `${RUNS} random runs with cancels, retries, broken answers and kill -9: every call that the provider bills is in the ledger, and no other answer`,
      async () => {
        const random = seededRandom(SEED);
        const ann = await app.register();
        const before = {
          calls: provider.calls.length,
          entries: await entries(),
          answered: await entries(ANSWERED),
        };
        provider.plan = () => randomAnswer(random);
        const lanes = Array.from({ length: 8 }, (_, lane) => lane);
        let left = RUNS;
        let isOverAll = false;
        const killing = killNowAndThen(() => isOverAll);
        await Promise.all(
          lanes.map(async () => {
            while (left-- > 0) await randomRun(ann, random);
          }),
        ).finally(() => (isOverAll = true));
        const kills = await killing;

        await eventually(async () => expect(await database.prisma.openCall.count()).toBe(0), {
          timeoutMs: 20_000,
        });
        expect(kills).toBeGreaterThan(0);
        const billed = provider.calls.length - before.calls;
        expect((await entries()) - before.entries).toBeGreaterThanOrEqual(billed);
        expect((await entries(ANSWERED)) - before.answered).toBeLessThanOrEqual(billed);
        await expectSoundBooks();
      },
      Math.max(90_000, RUNS * 2_000),
    );

    async function randomRun(account: Account, random: () => number): Promise<void> {
      const keys = ['a', 'b', 'c'];
      const steps = keys.map((key, index) => ({
        key,
        maxOutputTokens: 100,
        dependsOn: keys.slice(0, index).filter(() => random() < 0.4),
      }));
      const isCancelled = random() < 0.2;
      const id = await startRun(app, account, design(...steps, { key: 'end', dependsOn: keys }));
      if (isCancelled) {
        await eventually(async () => (await isOver(id)) || (await costOf('execution_id', id)) > 0n, {
          timeoutMs: 30_000,
        });
        await app.mutate('cancelExecution', { executionId: id }, '', account);
      }
      await eventually(() => isOver(id), { timeoutMs: 60_000, intervalMs: 100 });
    }

    /** Kills a worker and starts another one, at least once, until all is over. Returns how often. */
    async function killNowAndThen(isEnough: () => boolean): Promise<number> {
      for (let kills = 1; ; kills++) {
        const first = provider.calls.length;
        await eventually(() => isEnough() || provider.calls.length > first + 10, { timeoutMs: 60_000 });
        await workers.shift()!.kill();
        const next = start('worker');
        workers.push(next);
        await next.listen();
        if (isEnough()) return kills;
      }
    }

    /** The first call after those that were there before, when it has written something. */
    async function begun(first: number): Promise<BilledCall> {
      await eventually(() => (provider.calls[first]?.written ?? 0) > 3, { timeoutMs: 15_000 });
      return provider.calls[first]!;
    }

    async function isOver(id: string): Promise<boolean> {
      const where = { id: rowId(id), finishedAt: { not: null } };
      return (await database.prisma.pipelineExecution.count({ where })) > 0;
    }

    async function costOf(column: 'execution_id' | 'user_id', id: string): Promise<bigint> {
      const [row] = await database.sql<{ cost: string }>(
        `SELECT coalesce(sum(cost_micros), 0)::text AS cost FROM ledger_entries WHERE ${column} = $1`,
        [rowId(id)],
      );
      return BigInt(row!.cost);
    }

    function entries(where: object = {}): Promise<number> {
      return database.prisma.ledgerEntry.count({ where });
    }

    async function today(account: Account): Promise<{ cost: bigint; reserved: bigint }> {
      const { data } = await app.graphql<{ usageToday: { cost: string; reserved: string } }>(
        '{ usageToday { cost reserved } }',
        {},
        account,
      );
      const { cost, reserved } = data!.usageToday;
      return { cost: micros(cost), reserved: micros(reserved) };
    }

    async function expectSoundBooks(): Promise<void> {
      expect(await verifyLedger(database)).toMatchObject({ entries: [], counters: [] });
    }
  },
);

/** A call that was stopped before its answer began is booked with its prompt, also if it never arrived or was refused. */
const ANSWERED = { OR: [{ outputTokens: { gt: 0 } }, { estimated: false }] };

function randomAnswer(random: () => number): AnswerPlan {
  const mood = random();
  const tokens = 5 + Math.floor(random() * 60);
  const slow = { tokens, everyMs: 10 };
  if (mood < 0.1) return { refuse: random() < 0.5 ? 429 : 503 };
  if (mood < 0.2) return { ...slow, cutAfter: 1 + Math.floor(random() * 4) };
  if (mood < 0.3) return slow;
  if (mood < 0.4) return { ...slow, told: { input: random() * 1e12, output: Math.floor(random() * 1e10) } };
  if (mood < 0.5) return { ...slow, told: { input: -1, output: 0 } };
  if (mood < 0.6) return { tokens: 400, told: { input: 50, output: 400 } };
  return { ...slow, told: { input: 50, output: tokens } };
}
