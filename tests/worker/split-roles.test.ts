import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, TestApp } from '../support/app.ts';
import { testDatabase } from '../support/database.ts';
import { NEED, openConversation, readConversation, talk } from '../support/conversations.ts';
import { eventually } from '../support/eventually.ts';
import { micros, spentToday, sumOfCosts } from '../support/money.ts';
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { decide, design, readLog, readRun, runWhen, startRun } from '../support/runs.ts';
import { type TestProcess, testProcesses } from '../support/server-process.ts';
import { WatchedRun } from '../support/watched-run.ts';

const database = testDatabase();
const processes = testProcesses({
  SECRET_KEY: 'only for tests: 0123456789abcdefghijklmnopqrstuvwxyz',
  DEFAULT_LLM_PROVIDER: 'OFFLINE',
  OFFLINE_TOKENS_PER_SECOND: '200',
});

describe.skipIf(findRedis() === null)('an API process and two workers', () => {
  const app = new TestApp([]);
  let redis: RedisServer;
  let api: TestProcess;
  let workers: [TestProcess, TestProcess];

  const start = (ROLE: string) => processes.start({ ROLE, DATABASE_URL: database.url, REDIS_URL: redis.url });

  beforeAll(async () => {
    redis = await startRedis();
    api = start('api');
    workers = [start('worker'), start('worker')];
    await Promise.all([app.start(api), ...workers.map((worker) => worker.listen())]);
  });
  afterAll(() => redis.stop());

  it('complete a discussion, a proposal and a run through the API process', async () => {
    const ann = await app.register();
    const conversation = await openConversation(app, ann);
    await talk(app, ann, conversation, NEED);
    const { proposals } = await readConversation(app, ann, conversation);
    const proposal = proposals.find(({ strategy }) => strategy === 'SPEED')!;
    await app.mutate('selectProposal', { proposalId: proposal.id }, '', ann);
    await app.mutate('confirmProposal', { proposalId: proposal.id }, '', ann);
    const started = await app.mutate<{ execution: { id: string } }>(
      'executePipeline',
      { source: { proposalId: proposal.id }, request: NEED },
      '... on ExecutePipelineSuccess { execution { id } }',
      ann,
    );
    const run = new WatchedRun(app, ann, started.execution.id);
    await run.readToTheEnd();
    expect(await run.expectReadWhole()).toMatchObject({ status: 'SUCCEEDED', progress: 1 });
    await expectExactAccounts(ann, [run], conversation);
  });

  it('replace a killed worker, within twenty seconds even on a busy machine', async () => {
    const ann = await app.register();
    const [first, second] = workers;
    const run = await startOn(first, ann);
    await run.readToTheMiddleOf('left', 'right');
    const killedAt = performance.now();
    await first.kill();
    await run.tokens.readUntil((event) => event.attempt === 2 && event.text !== undefined);
    expect(performance.now() - killedAt).toBeLessThan(20_000);
    await run.readToTheEnd();
    await expectTakenOver(run);
    await expectExactAccounts(ann, [run]);
    workers = [second, start('worker')];
    await workers[1].listen();
  });

  it('reject all writes of a worker that was frozen for longer than its lease', async () => {
    const ann = await app.register();
    const [first] = workers;
    const run = await startOn(first, ann);
    await run.readToTheMiddleOf('left', 'right');
    first.signal('SIGSTOP');
    await run.readToTheEnd();
    const log = await readLog(app, ann, run.id);
    first.signal('SIGCONT');
    const next = await startOn(first, ann); // which it can only do when it has found out about the one before
    await next.readToTheEnd();

    expect(await readLog(app, ann, run.id)).toEqual(log);
    expect(first.output.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
    await expectTakenOver(run);
    await expectExactAccounts(ann, [run, next]);
  });

  it('lose no data and no process when Redis crashes and restarts', async () => {
    const ann = await app.register();
    const asking = await startRun(app, ann, design({ key: 'gate', approval: {}, maxOutputTokens: 5 }));
    const { approvals } = await runWhen(app, ann, asking, ({ status }) => status === 'WAITING_FOR_APPROVAL');
    const run = await WatchedRun.start(app, ann, fourSteps());
    await run.readToTheMiddleOf('left', 'right');
    await redis.kill();
    await decide(app, ann, approvals[0]!.id, 'APPROVE');
    const decided = new WatchedRun(app, ann, asking);
    for (const watched of [run, decided]) {
      await watched.readToTheEnd();
      expect(await watched.expectReadWhole()).toMatchObject({ status: 'SUCCEEDED' });
    }
    expect(await readiness()).toMatchObject({ status: 'degraded', redis: 'down' });

    await redis.restart();
    await eventually(async () => expect(await readiness()).toMatchObject({ status: 'ready' }), {
      timeoutMs: 10_000,
    });
    const after = await WatchedRun.start(app, ann, fourSteps());
    await after.readToTheEnd();
    await after.expectReadWhole();
    for (const process of [api, ...workers]) {
      expect(process.isAlive).toBe(true);
      expect(process.output.filter((line) => line.includes('unhandled promise rejection'))).toEqual([]);
    }
  });

  /** Starts a run that this worker claims, because the other one is paused meanwhile. */
  async function startOn(worker: TestProcess, account: Account): Promise<WatchedRun> {
    const others = workers.filter((other) => other !== worker);
    for (const other of others) other.signal('SIGSTOP');
    const run = await WatchedRun.start(app, account, fourSteps());
    await run.readToTheMiddleOf('first');
    for (const other of others) other.signal('SIGCONT');
    return run;
  }

  /** Checks that finished steps stayed finished and running ones were restarted. */
  async function expectTakenOver(run: WatchedRun): Promise<void> {
    const { status, steps } = await run.expectReadWhole();
    expect(status).toBe('SUCCEEDED');
    const [first, left, right] = steps.map(({ attempts }) => attempts);
    expect(first).toBe(1);
    expect(left).toBeGreaterThan(1);
    expect(right).toBeGreaterThan(1);
  }

  /** Checks that steps add up to the run, and runs and conversations to the day. */
  async function expectExactAccounts(
    account: Account,
    watched: WatchedRun[],
    conversation?: string,
  ): Promise<void> {
    const runs = await Promise.all(watched.map(({ id }) => readRun(app, account, id)));
    for (const run of runs) expect(sumOfCosts(run.steps)).toBe(micros(run.cost));
    const conversations = conversation ? [await readConversation(app, account, conversation)] : [];
    expect(sumOfCosts([...runs, ...conversations])).toBe(await spentToday(app, account));
  }

  async function readiness(): Promise<unknown> {
    return (await fetch(app.url('/ready'))).json();
  }
});

describe.each(['worker', 'api'])('ROLE=%s without DATABASE_URL and REDIS_URL', (role) => {
  it('exits with one line that says what to do', async () => {
    const process = processes.start({ ROLE: role });
    expect(await process.ended).toBe(1);
    expect(process.output).toEqual([
      expect.stringContaining(`DATABASE_URL and REDIS_URL must be set for ROLE=${role}`),
    ]);
  });
});

/** Two slow steps in the middle run in parallel. */
function fourSteps() {
  return design(
    { key: 'first', maxOutputTokens: 20 },
    { key: 'left', agent: 'REPORTER', dependsOn: ['first'] },
    { key: 'right', agent: 'REPORTER', dependsOn: ['first'] },
    { key: 'last', dependsOn: ['left', 'right'], maxOutputTokens: 20 },
  );
}
