import { describe, expect, it } from 'vitest';
import { type Account, type TestApp, testApp, testClock } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { openConversation } from '../../support/conversations.ts';
import { design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

describe('usageToday', () => {
  const model = new ScriptedModel();
  const clock = testClock();
  const app = testApp({ router: routerOf(model), clock: clock.now });

  it('is zero for a new account, with the limits of FREE', async () => {
    const account = await app.register();
    const today = clock.now().toISOString().slice(0, 10);
    const tomorrow = new Date(Date.parse(today) + 24 * 60 * 60 * 1_000).toISOString();
    expect(await readUsage(app, account)).toEqual({
      date: today,
      cost: '0',
      reserved: '0',
      costLimit: '1',
      executions: 0,
      executionLimit: 3,
      usage: { inputTokens: 0, outputTokens: 0 },
      resetsAt: tomorrow,
    });
  });

  it('has no limits on UNLIMITED', async () => {
    const account = await app.register();
    await app.services.database.prisma.user.updateMany({
      where: { email: account.email },
      data: { plan: 'UNLIMITED' },
    });
    expect(await readUsage(app, account)).toMatchObject({ costLimit: null, executionLimit: null });
  });

  it('shows the reserved amount during a call and then its exact cost', async () => {
    const account = await app.register();
    const release = model.hold('draft');
    const id = await startRun(app, account, design({ key: 'draft' }, { key: 'final', dependsOn: ['draft'] }));
    await eventually(() => expect(model.timesCalled('draft')).toBe(1));
    const during = await readUsage(app, account);
    expect(during).toMatchObject({ cost: '0', executions: 1 });
    expect(Number(during.reserved)).toBeGreaterThan(0);

    release();
    const run = await runWhen(app, account, id, hasEnded);
    expect(run.status).toBe('SUCCEEDED');
    const after = await readUsage(app, account);
    expect(after).toMatchObject({ cost: run.cost, reserved: '0' });
    expect(micros(run.cost)).toBeGreaterThan(0);
    expect(micros(run.cost)).toBe(run.steps.reduce((sum, { cost }) => sum + micros(cost), 0));
    expect(after.usage.inputTokens).toBe(run.steps.reduce((sum, { usage }) => sum + usage.inputTokens, 0));
    expect(after.usage.outputTokens).toBe(run.steps.reduce((sum, { usage }) => sum + usage.outputTokens, 0));
  });

  it('is the sum of the runs and conversations of the day', async () => {
    const account = await app.register();
    const id = await startRun(app, account, design({ key: 'only' }));
    const run = await runWhen(app, account, id, hasEnded);
    const conversation = await talk(app, account);
    const { cost } = await readUsage(app, account);
    expect(micros(conversation.cost)).toBeGreaterThan(0);
    expect(micros(cost)).toBe(micros(run.cost) + micros(conversation.cost));
    const replies = conversation.messages.edges.map(({ node }) => micros(node.cost));
    expect(replies.reduce((sum, reply) => sum + reply)).toBe(micros(conversation.cost));
  });

  it('spends nothing on a call that would exceed the limit of its run', async () => {
    const account = await app.register();
    const id = await startRun(app, account, design({ key: 'dear' }), { costLimit: '0.000001' });
    const run = await runWhen(app, account, id, hasEnded);
    expect(run.error).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message: expect.stringContaining('costLimit'),
    });
    expect(model.timesCalled('dear')).toBe(0);
    expect(await readUsage(app, account)).toMatchObject({ cost: '0', reserved: '0' });
  });

  it('counts started runs, but not a refused one', async () => {
    const account = await app.register();
    for (let n = 0; n < 3; n++) await startRun(app, account, design({ key: 'counted' }));
    const refused = await app.mutate(
      'executePipeline',
      { source: { design: design({ key: 'counted' }) }, request: 'One more' },
      '... on QuotaExceededError { executionLimit executions resetsAt }',
      account,
    );
    const { executions, resetsAt } = await readUsage(app, account);
    expect(refused).toMatchObject({
      __typename: 'QuotaExceededError',
      executionLimit: 3,
      executions: 3,
      resetsAt,
    });
    expect(executions).toBe(3);
  });

  it('requires a token', async () => {
    const { status, data, errors } = await app.graphql('{ usageToday { cost } }');
    expect(status).toBe(401);
    expect(data).toEqual({ usageToday: null });
    expect(errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  });

  it('resets at midnight UTC', async () => {
    const account = await app.register();
    const id = await startRun(app, account, design({ key: 'yesterday' }));
    await runWhen(app, account, id, hasEnded);
    const { date, resetsAt } = await readUsage(app, account);
    clock.advance(Date.parse(resetsAt) - clock.now().getTime());
    const { email, password } = account;
    const { accessToken } = await app.signIn('login', { email, password });
    const usage = await readUsage(app, { token: accessToken });
    expect(usage).toMatchObject({ date: resetsAt.slice(0, 10), cost: '0', executions: 0 });
    expect(usage.date > date).toBe(true);
  });
});

/** One question and its reply; gives the conversation when the reply has ended. */
async function talk(app: TestApp, account: Account): Promise<Conversation> {
  const id = await openConversation(app, account);
  await app.mutate(
    'sendMessage',
    { conversationId: id, content: 'Compare three kinds of tea.' },
    '',
    account,
  );
  const read = async () => {
    const { data } = await app.graphql<{ conversation: Conversation }>(
      'query ($id: ID!) { conversation(id: $id) { cost messages { edges { node { status cost } } } } }',
      { id },
      account,
    );
    return data!.conversation;
  };
  const statuses = async () => (await read()).messages.edges.map(({ node }) => node.status);
  await eventually(async () => expect(await statuses()).toEqual(['COMPLETE', 'COMPLETE']), {
    timeoutMs: 15_000,
  });
  return read(); // once more: one answer may read the cost before the reply ends and its status afterwards
}

async function readUsage(app: TestApp, account: { token: string }): Promise<Usage> {
  const { data, errors } = await app.graphql<{ usageToday: Usage }>(
    `{ usageToday { date cost reserved costLimit executions executionLimit usage { inputTokens outputTokens } resetsAt } }`,
    {},
    account,
  );
  if (!data) throw new Error(`no usage: ${JSON.stringify(errors)}`);
  return data.usageToday;
}

function micros(dollars: string): number {
  return Math.round(Number(dollars) * 1_000_000);
}

interface Usage {
  date: string;
  cost: string;
  reserved: string;
  costLimit: string | null;
  executions: number;
  executionLimit: number | null;
  usage: { inputTokens: number; outputTokens: number };
  resetsAt: string;
}

interface Conversation {
  cost: string;
  messages: { edges: { node: { status: string; cost: string } }[] };
}
