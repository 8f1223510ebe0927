import { describe, expect, it } from 'vitest';
import { ModelError, type ModelRequest, type ModelStreamPart } from '../../../src/core/llm/language-model.ts';
import { createKey } from '../../support/api-keys.ts';
import { type Account, testApp, testClock } from '../../support/app.ts';
import { NEED, openConversation, replyEnded, send } from '../../support/conversations.ts';
import { eventually } from '../../support/eventually.ts';
import { rowId } from '../../support/ids.ts';
import { micros, spentToday } from '../../support/money.ts';
import { design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { routerOf } from '../../support/scripted-model.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { readStatistics } from '../../support/statistics.ts';

describe('the statistics of usage, after a random history over midnight', () => {
  const clock = testClock();
  let random: () => number;
  let calls = 0;
  let held = Promise.resolve();
  const app = testApp({ router: routerOf({ stream: unsteady }), clock: clock.now });

  it.each([20_261_128, 7, 4_294_967_295])(
    'are equal to the ledger (seed %i)',
    async (seed) => {
      random = seededRandom(seed);
      const admin = await app.register();
      const members = [admin, await app.member(admin, 'USER'), await app.member(admin, 'USER')];
      await app.services.database.prisma.user.updateMany({ data: { plan: 'PRO' } });
      for (const account of members) await spendAtRandom(account);
      const today = Date.parse(clock.now().toISOString().slice(0, 10));
      clock.advance(today + DAY_MS - clock.now().getTime() - 60_000); // 00:00 comes while calls run
      const late = await signedIn(admin);
      const before = calls;
      const gate = Promise.withResolvers<void>();
      held = gate.promise;
      const started = await startRun(app, late, design(...STEPS));
      await eventually(() => expect(calls).toBeGreaterThan(before));
      clock.advance(120_000);
      gate.resolve();
      await runWhen(app, late, started, hasEnded);
      const gone = members[2]!;
      await app.mutate('deleteAccount', { password: gone.password }, '', await signedIn(gone));

      await eventually(async () => expect(await open(admin)).toBe(0));
      await compare(late);
      await compareRunsAndConversations(late);
      for (const account of [late, await signedIn(members[1]!)]) await compareToday(account);
    },
    90_000,
  );

  /** Runs and a conversation, with a key or without; some are cancelled or deleted, and the plan changes meanwhile. */
  async function spendAtRandom(account: Account): Promise<void> {
    const key = await createKey(app, account, { permissions: ['PIPELINE_EXECUTE', 'AGENT_EXECUTE'] });
    for (let n = 0; n < 4; n++) {
      const token = n === 0 || random() < 0.5 ? key.token : account.token; // at least one with a key is finished
      const id = await startRun(app, { ...account, token }, design(...STEPS));
      if (n > 0 && random() < 0.3) await app.mutate('cancelExecution', { executionId: id }, '', account);
      await runWhen(app, account, id, hasEnded);
      if (n === 1) await app.mutate('revokeApiKey', { apiKeyId: key.id }, '', account);
      if (n === 1) key.token = account.token;
      if (n === 2) await app.services.database.prisma.user.updateMany({ data: { plan: 'UNLIMITED' } });
    }
    const conversationId = await openConversation(app, account);
    const { reply } = await send(app, account, conversationId, NEED);
    await replyEnded(app, account, reply!.id);
    if (random() < 0.5) await app.mutate('deleteConversation', { conversationId }, '', account);
  }

  async function compare(admin: Account): Promise<void> {
    const entries = await ledgerOf(admin);
    expect(new Set(entries.map(({ day }) => day.getTime())).size).toBe(2);
    const { tenantUsage, usageHistory } = await readStatistics(app, admin, 3);
    for (const [index, day] of tenantUsage.entries()) {
      const ofDay = entries.filter((entry) => entry.day.toISOString().startsWith(day.date));
      const sumsOf = (nameOf: (entry: (typeof ofDay)[number]) => string | null) => sums(ofDay, nameOf);
      expect(micros(day.cost)).toBe(ofDay.reduce((sum, { costMicros }) => sum + costMicros, 0n));
      expect(new Map(day.byModel.map(({ model, cost }) => [model, micros(cost)]))).toEqual(
        sumsOf(({ model }) => model),
      );
      const byMember = day.byMember.filter(({ cost }) => cost !== '0');
      expect(new Map(byMember.map(({ user, cost }) => [rowId(user.id), micros(cost)]))).toEqual(
        sumsOf(({ userId }) => userId),
      );
      const keys = new Set(
        (await app.services.database.prisma.apiKey.findMany({ select: { id: true } })).map(({ id }) => id),
      );
      const bySomeKey = sumsOf(({ apiKeyId }) =>
        apiKeyId === null ? 'none' : keys.has(apiKeyId) ? apiKeyId : 'other',
      );
      const told = [
        ...day.byApiKey.map(({ apiKey, cost }) => [rowId(apiKey.id), micros(cost)] as const),
        ['none', micros(day.costWithoutKey)] as const,
        ['other', micros(day.costOfOtherKeys)] as const,
      ];
      expect(new Map(told.filter(([, cost]) => cost > 0n))).toEqual(bySomeKey);
      const own = sums(ofDay, ({ userId }) => userId).get(rowId(admin.session.user.id)) ?? 0n;
      expect(micros(usageHistory[index]!.cost)).toBe(own);
    }
    expect(tenantUsage.reduce((sum, { executions }) => sum + executions, 0)).toBe(13);
    expect(entries.some(({ apiKeyId }) => apiKeyId !== null)).toBe(true);
  }

  async function compareRunsAndConversations(admin: Account): Promise<void> {
    const entries = await ledgerOf(admin);
    const { data } = await app.graphql<{ executions: Costs; conversations: Costs }>(
      '{ executions(first: 100) { nodes { id cost } } conversations(first: 100) { nodes { id cost } } }',
      {},
      admin,
    );
    const ofRuns = sums(entries, ({ executionId }) => executionId);
    const ofConversations = sums(entries, ({ conversationId }) => conversationId);
    expect(data!.executions.nodes.length).toBeGreaterThan(0);
    for (const { id, cost } of data!.executions.nodes) expect(micros(cost)).toBe(ofRuns.get(rowId(id)) ?? 0n);
    for (const { id, cost } of data!.conversations.nodes)
      expect(micros(cost)).toBe(ofConversations.get(rowId(id)) ?? 0n);
  }

  /** What the spending gate has counted, which is not read from the ledger. */
  async function compareToday(account: Account): Promise<void> {
    const today = clock.now().toISOString().slice(0, 10);
    const own = (await ledgerOf(account)).filter(
      ({ userId, day }) => userId === rowId(account.session.user.id) && day.toISOString().startsWith(today),
    );
    expect(await spentToday(app, account)).toBe(own.reduce((sum, { costMicros }) => sum + costMicros, 0n));
  }

  function ledgerOf({ session }: Account) {
    const where = { tenantId: rowId(session.user.tenant.id) };
    return app.services.database.prisma.ledgerEntry.findMany({ where });
  }

  async function signedIn(account: Account): Promise<Account> {
    const { email, password } = account;
    const { accessToken } = await app.signIn('login', { email, password });
    return { ...account, token: accessToken };
  }

  async function open(admin: Account): Promise<number> {
    const [row] = await app.services.database.sql<{ open: number }>(
      'SELECT count(*)::int AS open FROM pipeline_executions WHERE tenant_id = $1 AND finished_at IS NULL',
      [rowId(admin.session.user.tenant.id)],
    );
    return row!.open;
  }

  /** Refuses, breaks off, or answers. */
  async function* unsteady({ task }: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    const mood = random();
    calls++;
    await held;
    if (mood < 0.1) throw new ModelError('UNAVAILABLE', 'busy');
    for (let n = 0; n < 3 + mood * 20; n++) {
      await Promise.resolve();
      signal.throwIfAborted();
      yield { type: 'text', text: `${task.name} ${n} ` };
      if (mood < 0.2 && n === 2) throw new ModelError('UNAVAILABLE', 'cut');
    }
    yield { type: 'usage', usage: { inputTokens: 1 + Math.floor(mood * 999), outputTokens: 20 } };
    yield { type: 'end', reason: 'stop' };
  }
});

function sums<Entry extends { costMicros: bigint }>(
  entries: Entry[],
  nameOf: (entry: Entry) => string | null,
): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const entry of entries) {
    const name = nameOf(entry);
    if (name !== null) found.set(name, (found.get(name) ?? 0n) + entry.costMicros);
  }
  return found;
}

interface Costs {
  nodes: { id: string; cost: string }[];
}

const STEPS = [{ key: 'a' }, { key: 'b' }, { key: 'end', dependsOn: ['a', 'b'] }];
const DAY_MS = 24 * 60 * 60 * 1_000;
