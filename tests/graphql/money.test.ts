import { describe, expect, it } from 'vitest';
import { ModelError, type ModelStreamPart, type ModelRequest } from '../../src/core/llm/language-model.ts';
import { type Account, testApp } from '../support/app.ts';
import { rowId } from '../support/ids.ts';
import { NEED, openConversation, readConversation, replyEnded, send } from '../support/conversations.ts';
import { eventually } from '../support/eventually.ts';
import { decide, design, hasEnded, readRun, type Run, runWhen, startRun } from '../support/runs.ts';
import { routerOf } from '../support/scripted-model.ts';
import { seededRandom } from '../support/seeded-random.ts';

describe('the sums of costs, after runs and replies that failed, retried, were cancelled or skipped', () => {
  const app = testApp({ router: routerOf({ stream: unsteady }) });
  const random = seededRandom(20_261_121);

  it('are equal for steps and runs, replies and conversations, the day, the ledger and the accounts', async () => {
    const founder = await app.register();
    const members = [founder, await app.member(founder, 'USER'), await app.member(founder, 'USER')];
    await app.services.database.prisma.user.updateMany({ data: { plan: 'PRO' } });

    const spent = await Promise.all(members.map((account) => spendAtRandom(account)));
    await eventually(async () => expect(await Promise.all(members.map(reserved))).toEqual([0n, 0n, 0n]));
    let ofAll = 0n;
    for (const [index, account] of members.entries()) {
      const day = await checkSums(account, spent[index]!);
      expect(day).toBeGreaterThan(0n);
      ofAll += day;
    }
    expect(await accountOf(`tenant:${rowId(founder.session.user.tenant.id)}`)).toBe(ofAll);
    const attempts = await app.services.database.sql<{ most: number }>(
      'SELECT max(attempts) AS most FROM step_executions',
    );
    expect(attempts[0]!.most).toBeGreaterThan(1); // or nothing was tried again
  }, 90_000);

  /** Runs and conversations with all that can happen to them; gives what is left of them to be added up. */
  async function spendAtRandom(account: Account): Promise<Spent> {
    const [runs, conversations, deleted] = await Promise.all([
      Promise.all(Array.from({ length: 4 }, () => randomRun(account))),
      Promise.all(Array.from({ length: 2 }, () => randomTalk(account))),
      deletedTalk(account),
    ]);
    return { runs, conversations, deleted };
  }

  async function randomRun(account: Account): Promise<string> {
    const keys = ['a', 'b', 'c', 'd'];
    const steps = keys.map((key, index) => ({
      key,
      dependsOn: keys.slice(0, index).filter(() => random() < 0.4),
      approval: random() < 0.3 ? { onReject: random() < 0.7 ? ('SKIP' as const) : ('FAIL' as const) } : null,
    }));
    const id = await startRun(app, account, design(...steps, { key: 'end', dependsOn: keys }));
    const cancelled = random() < 0.25;
    await eventually(
      async () => {
        const run = await readRun(app, account, id);
        if (cancelled && Number(run.cost) > 0)
          await app.mutate('cancelExecution', { executionId: id }, '', account);
        for (const { id: request, status } of run.approvals) {
          if (status === 'PENDING')
            await decide(app, account, request, random() < 0.5 ? 'APPROVE' : 'REJECT');
        }
        return hasEnded(run);
      },
      { timeoutMs: 25_000, intervalMs: 100 },
    );
    return id;
  }

  async function randomTalk(account: Account): Promise<string> {
    const id = await openConversation(app, account);
    for (const content of [NEED, 'Which one is the best?']) {
      const { reply } = await send(app, account, id, content);
      if (random() < 0.3) await app.mutate('stopReply', { messageId: reply!.id }, '', account);
      await replyEnded(app, account, reply!.id);
    }
    return id;
  }

  async function deletedTalk(account: Account): Promise<bigint> {
    const id = await openConversation(app, account);
    const { reply } = await send(app, account, id, NEED);
    await replyEnded(app, account, reply!.id);
    const { cost } = await readConversation(app, account, id);
    await app.mutate('deleteConversation', { conversationId: id }, '', account);
    return micros(cost);
  }

  /** Gives the money of the day. */
  async function checkSums(account: Account, { runs, conversations, deleted }: Spent): Promise<bigint> {
    let total = deleted;
    const tokens = { inputTokens: 0, outputTokens: 0 };
    for (const id of runs) {
      const run = await readRun(app, account, id);
      expect(sum(run.steps.map(({ cost }) => micros(cost)))).toBe(micros(run.cost));
      expect(await lastCosts(account, id)).toEqual(costsOf(run));
      expect(await ledgerOf('execution_id', id)).toBe(micros(run.cost));
      total += micros(run.cost);
      for (const { usage } of run.steps) tokens.inputTokens += usage.inputTokens;
    }
    for (const id of conversations) {
      const { cost, messages } = await readConversation(app, account, id);
      expect(sum(messages.edges.map(({ node }) => micros(node.cost)))).toBe(micros(cost));
      expect(await ledgerOf('conversation_id', id)).toBe(micros(cost));
      total += micros(cost);
    }
    const { data } = await app.graphql<{ usageToday: { cost: string; usage: { inputTokens: number } } }>(
      '{ usageToday { cost usage { inputTokens } } }',
      {},
      account,
    );
    expect(micros(data!.usageToday.cost)).toBe(total);
    expect(data!.usageToday.usage.inputTokens).toBeGreaterThan(tokens.inputTokens);
    expect(await ledgerOf('user_id', account.session.user.id)).toBe(total);
    expect(await accountOf(`user:${rowId(account.session.user.id)}`)).toBe(total);
    return total;
  }

  /** The cost of each step as the run's last events told it. */
  async function lastCosts(account: Account, id: string): Promise<Record<string, bigint>> {
    const query = `query ($id: ID!) { execution(id: $id) { events(first: 1000) { nodes { ... on StepStatusEvent { stepKey cost } } } } }`;
    const { data } = await app.graphql<{
      execution: { events: { nodes: { stepKey?: string; cost?: string }[] } };
    }>(query, { id }, account);
    const told = data!.execution.events.nodes.filter(({ stepKey }) => stepKey);
    return Object.fromEntries(told.map(({ stepKey, cost }) => [stepKey!, micros(cost!)]));
  }

  async function ledgerOf(
    column: 'execution_id' | 'conversation_id' | 'user_id',
    id: string,
  ): Promise<bigint> {
    const [row] = await app.services.database.sql<{ micros: string }>(
      `SELECT coalesce(sum(cost_micros), 0)::text AS micros FROM ledger_entries WHERE ${column} = $1`,
      [rowId(id)],
    );
    return BigInt(row!.micros);
  }

  async function accountOf(prefix: string): Promise<bigint> {
    const { database, spending, clock } = app.services;
    const id = `${prefix}:${clock().toISOString().slice(0, 10)}`;
    return (await spending.read(database.sql, [id])).get(id)!.spentMicros;
  }

  async function reserved(account: Account): Promise<bigint> {
    const { data } = await app.graphql<{ usageToday: { reserved: string } }>(
      '{ usageToday { reserved } }',
      {},
      account,
    );
    return micros(data!.usageToday.reserved);
  }

  /** Refuses, breaks off, keeps its usage to itself, or answers. */
  async function* unsteady({ task }: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    const mood = random();
    if (mood < 0.1) throw new ModelError('UNAVAILABLE', 'busy');
    const words = 3 + Math.floor(random() * 20);
    for (let n = 0; n < words; n++) {
      await Promise.resolve();
      signal.throwIfAborted();
      yield { type: 'text', text: `${task.name} ${n} ` };
      if (mood < 0.2 && n === 2) throw new ModelError('UNAVAILABLE', 'cut');
    }
    if (mood > 0.3)
      yield { type: 'usage', usage: { inputTokens: 1 + Math.floor(random() * 999), outputTokens: words } };
    yield { type: 'end', reason: 'stop' };
  }
});

describe('a FREE user who starts hundreds of concurrent model calls', () => {
  let calls = 0;
  const app = testApp({ router: routerOf({ stream: greedy }) });
  const CAP = 1_000_000n;

  it('never exceeds $1.00 at any moment, and comes close to it', async () => {
    const ann = await app.register();
    const wide = Array.from({ length: 29 }, (_, n) => ({ key: `s${n}`, maxOutputTokens: 5_000 }));
    const steps = design(...wide, { key: 'end', dependsOn: wide.map(({ key }) => key) });
    const runs = await Promise.all(Array.from({ length: 3 }, () => startRun(app, ann, steps)));
    const talks = await Promise.all(Array.from({ length: 30 }, () => startTalk(ann)));

    let samples = 0;
    let hasFinished = false;
    const finished = Promise.all([
      ...runs.map((id) => runWhen(app, ann, id, hasEnded)),
      ...talks.flatMap((reply) => (reply ? [replyEnded(app, ann, reply)] : [])),
    ]).finally(() => (hasFinished = true));
    while (!hasFinished) {
      expect(await spentAndReserved(ann)).toBeLessThanOrEqual(CAP);
      samples++;
    }
    const ended = (await finished).filter((one): one is Run => 'steps' in one);

    expect(samples).toBeGreaterThan(5);
    expect(calls).toBeGreaterThan(40);
    expect(ended.map(({ status, error }) => [status, error?.code])).toEqual(
      Array(3).fill(['FAILED', 'BUDGET_EXCEEDED']),
    );
    const total = await eventually(async () => {
      const { cost, reserved } = await today(ann);
      expect(reserved).toBe('0');
      return micros(cost);
    });
    expect(total).toBeLessThanOrEqual(CAP);
    expect(total).toBeGreaterThan((CAP * 9n) / 10n);
  });

  /** Null when the budget is used up already. */
  async function startTalk(account: Account): Promise<string | null> {
    const { reply } = await send(app, account, await openConversation(app, account), NEED);
    return reply?.id ?? null;
  }

  async function spentAndReserved(account: Account): Promise<bigint> {
    const { cost, reserved } = await today(account);
    return micros(cost) + micros(reserved);
  }

  async function today(account: Account): Promise<{ cost: string; reserved: string }> {
    const { data } = await app.graphql<{ usageToday: { cost: string; reserved: string } }>(
      '{ usageToday { cost reserved } }',
      {},
      account,
    );
    return data!.usageToday;
  }

  /** Takes nearly all that it may. */
  async function* greedy({ maxOutputTokens }: ModelRequest): AsyncGenerator<ModelStreamPart> {
    calls++;
    yield { type: 'text', text: 'Much ado.' };
    yield { type: 'usage', usage: { inputTokens: 100, outputTokens: Math.floor(maxOutputTokens * 0.95) } };
    yield { type: 'end', reason: 'stop' };
  }
});

function costsOf({ steps }: Run): Record<string, bigint> {
  return Object.fromEntries(steps.map(({ key, cost }) => [key, micros(cost)]));
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

/** Exact: no float comes near it. */
function micros(dollars: string): bigint {
  const [whole = '', places = ''] = dollars.split('.');
  return BigInt(whole + places.padEnd(6, '0'));
}

interface Spent {
  runs: string[];
  conversations: string[];
  /** What a conversation had cost that is gone. */
  deleted: bigint;
}
