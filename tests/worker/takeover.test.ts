import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../../src/core/llm/language-model.ts';
import type { Account, TestApp } from '../support/app.ts';
import { NEED, openConversation, replyEnded, send } from '../support/conversations.ts';
import { eventually } from '../support/eventually.ts';
import { testInstances } from '../support/instances.ts';
import { decide, design, hasEnded, readLog, runWhen, startRun, statusOf } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';
import { WatchedRun } from '../support/watched-run.ts';

const model = new ScriptedModel();
const instances = testInstances({ router: routerOf(model) });
const database = new pg.Pool({ connectionString: instances.databaseUrl, max: 3 });
let app: TestApp;

beforeAll(async () => void (app = await instances.start()));
afterAll(async () => {
  await app.close();
  await database.end();
});

/** The effect of a rolling update on the work of a process. */
async function handOver(): Promise<void> {
  await app.close();
  app = await instances.start();
}

describe('a run whose process closes', () => {
  it('is handed over any number of times, and releases its claim immediately', async () => {
    const ann = await app.register();
    const release = model.hold('long');
    const id = await startRun(app, ann, design({ key: 'long' }));
    for (let times = 1; times <= 8; times++) {
      await runWhen(
        app,
        ann,
        id,
        (run) => statusOf(run, 'long') === 'RUNNING' && run.steps[0]!.attempts === times,
      );
      await app.close();
      expect((await database.query('SELECT id FROM claims')).rows).toEqual([]);
      app = await instances.start();
    }
    release();
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({ status: 'SUCCEEDED', steps: [{ attempts: 9 }] });
  });

  it('fails without a new approval request when a step had already failed', async () => {
    const ann = await app.register();
    const release = model.hold('sibling');
    model.answer('breaks', {
      text: 'half',
      failure: new ModelError('BAD_REQUEST', 'There is no such model.'),
    });
    const steps = design(
      { key: 'breaks' },
      { key: 'sibling' },
      { key: 'sink', dependsOn: ['breaks', 'sibling'] },
    );
    const id = await startRun(app, ann, steps);
    await runWhen(
      app,
      ann,
      id,
      (run) => statusOf(run, 'breaks') === 'FAILED' && statusOf(run, 'sibling') === 'RUNNING',
    );
    await handOver();
    release();
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'PROVIDER_ERROR', stepKey: 'breaks' } });
    expect(run.steps.map(({ status }) => status)).toEqual(['FAILED', 'CANCELLED', 'CANCELLED']);
    expect(model.timesCalled('breaks')).toBe(1);
    const told = (await readLog(app, ann, id)).filter(({ stepStatus }) => stepStatus === 'FAILED');
    expect(told).toMatchObject([{ stepKey: 'breaks' }]);
  });
});

describe('a run or a reply that was claimed too often without progress', () => {
  it('fails the run and keeps the outputs of its finished steps', async () => {
    const ann = await app.register();
    const release = model.hold('stalls');
    const id = await startRun(app, ann, design({ key: 'done' }, { key: 'stalls', dependsOn: ['done'] }));
    await runWhen(app, ann, id, (run) => statusOf(run, 'stalls') === 'RUNNING');
    await eventually(() => model.timesCalled('stalls') === 1);
    await app.close();
    expect(await stalledClaims('pipeline_executions')).toEqual([0]); // a handover does not count
    await database.query('UPDATE pipeline_executions SET stalled_claims = 6 WHERE finished_at IS NULL');
    app = await instances.start();
    const run = await runWhen(app, ann, id, hasEnded);
    release();
    expect(run).toMatchObject({
      status: 'FAILED',
      error: { code: 'INTERNAL', stepKey: null },
      steps: [{ status: 'SUCCEEDED', output: 'done says hello to the world.' }, { status: 'CANCELLED' }],
    });
    expect(model.timesCalled('stalls')).toBe(1);
  });

  it('fails the reply', async () => {
    const ann = await app.register();
    const release = model.hold('discussion.reply');
    const { reply } = await send(app, ann, await openConversation(app, ann), NEED);
    await eventually(() => model.timesCalled('discussion.reply') === 1);
    await app.close();
    expect(await stalledClaims('messages')).toEqual([0]);
    await database.query("UPDATE messages SET stalled_claims = 6 WHERE status = 'STREAMING'");
    app = await instances.start();
    const ended = await replyEnded(app, ann, reply!.id);
    release();
    expect(ended).toMatchObject({ status: 'FAILED', error: { code: 'INTERNAL' } });
    expect(model.timesCalled('discussion.reply')).toBe(1);
  });
});

describe('a run whose database connections break', () => {
  it('retries a step whose writes were lost, and continues', async () => {
    const ann = await app.register();
    const release = model.hold('written');
    const steps = design({ key: 'before' }, { key: 'written', dependsOn: ['before'] });
    const watched = await WatchedRun.start(app, ann, steps);
    await watched.readToTheMiddleOf('written');
    const blocker = await holding('LOCK TABLE events IN SHARE MODE');
    release();
    await breakConnectionsWaitingFor(blocker);
    await watched.readToTheEnd();
    const run = await watched.expectReadWhole();
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      progress: 1,
      steps: [{ attempts: 1 }, { attempts: 2 }],
    });
  });

  it('does not fail, however often this happens', async () => {
    const ann = await app.register();
    let release = model.hold('unlucky');
    const watched = await WatchedRun.start(app, ann, design({ key: 'unlucky' }));
    for (let attempt = 1; attempt <= 4; attempt++) {
      await watched.tokens.readUntil((event) => event.text !== undefined && event.attempt === attempt);
      const blocker = await holding('LOCK TABLE events IN SHARE MODE');
      release();
      release = model.hold('unlucky');
      await breakConnectionsWaitingFor(blocker);
    }
    release();
    await watched.readToTheEnd();
    expect(await watched.expectReadWhole()).toMatchObject({ status: 'SUCCEEDED', steps: [{ attempts: 5 }] });
  });

  it('lets its other steps finish before it is claimed again when the discard of an attempt fails', async () => {
    const ann = await app.register();
    const releases = [model.hold('broken'), model.hold('beside')];
    const steps = design(
      { key: 'broken' },
      { key: 'beside' },
      { key: 'sink', dependsOn: ['broken', 'beside'] },
    );
    const watched = await WatchedRun.start(app, ann, steps);
    await watched.readToTheMiddleOf('broken', 'beside');
    const blocker = await holding(`SELECT FROM step_executions WHERE key = 'broken' FOR UPDATE`);
    releases[0]!();
    await breakConnectionsWaitingFor(blocker, 2); // which would finish the step, and then discard its attempt
    await aSecondPasses(ann);
    releases[1]!();
    await watched.readToTheEnd();
    const run = await watched.expectReadWhole();
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      steps: [{ attempts: 2 }, { attempts: 1 }, { attempts: 1 }],
    });
    expect(model.timesCalled('beside')).toBe(1);
  });

  it('does not end when it was about to be parked', async () => {
    const ann = await app.register();
    const release = model.hold('busy');
    const steps = design(
      { key: 'asks', approval: {} },
      { key: 'busy' },
      { key: 'sink', dependsOn: ['asks', 'busy'] },
    );
    const id = await startRun(app, ann, steps);
    const { approvals } = await runWhen(
      app,
      ann,
      id,
      (run) => run.approvals.length > 0 && statusOf(run, 'busy') === 'RUNNING',
    );
    const blocker = await holding('SELECT FROM approval_requests FOR UPDATE');
    release();
    await breakConnectionsWaitingFor(blocker);
    await runWhen(app, ann, id, ({ status }) => status === 'WAITING_FOR_APPROVAL');
    await decide(app, ann, approvals[0]!.id, 'APPROVE');
    expect((await runWhen(app, ann, id, hasEnded)).status).toBe('SUCCEEDED');
  });
});

/** The stalled claims of runs or replies that have not ended. */
async function stalledClaims(table: 'pipeline_executions' | 'messages'): Promise<number[]> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT stalled_claims AS count FROM ${table} WHERE finished_at IS NULL${table === 'messages' ? " AND role = 'ASSISTANT'" : ''}`,
  );
  return rows.map(({ count }) => count);
}

/** A transaction that locks rows which the app will wait for. */
async function holding(lock: string): Promise<pg.PoolClient> {
  const blocker = await database.connect();
  await blocker.query('BEGIN');
  await blocker.query(lock);
  return blocker;
}

/** Terminates the app's connections that wait for the rows, at least `count`, and unlocks the rows. */
async function breakConnectionsWaitingFor(blocker: pg.PoolClient, count = 1): Promise<void> {
  const broken = new Set<number>();
  const breakSome = async () => {
    const { rows } = await database.query<{ pid: number }>(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    for (const { pid } of rows) broken.add(pid);
    return broken.size >= count;
  };
  await eventually(breakSome).finally(() => blocker.query('ROLLBACK'));
  blocker.release();
}

/** Waits until a released run would have been claimed again, detected by the expiry of a request. */
async function aSecondPasses(account: Account): Promise<void> {
  const steps = design({ key: 'clock', approval: { timeoutSeconds: 1 } });
  await runWhen(app, account, await startRun(app, account, steps), hasEnded);
}
