import { beforeAll, describe, expect, it } from 'vitest';
import type { Account, TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { testInstances } from '../support/instances.ts';
import { Reader } from '../support/readers.ts';
import {
  decide,
  design,
  hasEnded,
  readLog,
  readRun,
  type Run,
  runWhen,
  startRun,
  statusOf,
} from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

const model = new ScriptedModel();

describe('decisions on two servers', () => {
  const instances = testInstances({ router: routerOf(model) });
  let apps: [TestApp, TestApp];
  beforeAll(async () => void (apps = [await instances.start(), await instances.start()]));

  it('accept exactly one of fifty concurrent decisions, and return that one to all others', async () => {
    const [app] = apps;
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'gate', approval: {} }));
    const [request] = (await runWhen(app, ann, id, isWaiting)).approvals;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const decision = index % 4 < 2 ? 'APPROVE' : 'REJECT';
        return decideInDetail(apps[index % 2]!, ann, request!.id, decision, `number ${index}`);
      }),
    );

    const won = answers.filter((answer) => answer.__typename === 'DecideApprovalSuccess');
    const lost = answers.filter((answer) => answer.__typename === 'AlreadyDecidedError');
    expect([won.length, lost.length]).toEqual([1, 49]);
    const decision = won[0]!.approval!;
    for (const { approval } of lost) expect(approval).toEqual(decision);
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run.status).toBe(decision.status === 'APPROVED' ? 'SUCCEEDED' : 'FAILED');
    expect(await timesTold(app, ann, id, 'ApprovalDecidedEvent')).toBe(1);
  });

  it.each([
    ['left', 'right'],
    ['right', 'left'],
  ])('answer two open requests of one run in any order: %s, then %s', async (first, second) => {
    const [here, there] = apps;
    const ann = await here.register();
    const id = await startRun(here, ann, twoQuestions());
    const { approvals } = await runWhen(here, ann, id, (run) => isWaiting(run) && run.approvals.length === 2);
    const requestOf = (key: string) => approvals.find(({ stepKey }) => stepKey === key)!.id;

    await decide(there, ann, requestOf(first), 'APPROVE');
    const halfway = await runWhen(
      here,
      ann,
      id,
      (run) => isWaiting(run) && statusOf(run, first) === 'SUCCEEDED',
    );
    expect(statusOf(halfway, second)).toBe('WAITING_FOR_APPROVAL');
    await decide(here, ann, requestOf(second), 'APPROVE');
    const run = await runWhen(there, ann, id, hasEnded);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.steps.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  });

  it('are never lost, even when they race with the parking of the run', async () => {
    const [here] = apps;
    const accounts = await Promise.all(Array.from({ length: 8 }, () => here.register()));
    const runs = accounts.map(async (account) => {
      const id = await startRun(here, account, twoQuestions());
      await Promise.all(apps.map((app) => approveUntilTheEnd(app, account, id)));
      return readRun(here, account, id);
    });
    for (const run of await Promise.all(runs))
      expect(run).toMatchObject({ status: 'SUCCEEDED', progress: 1 });
  });

  it('have one outcome when they race with a cancellation', async () => {
    const [here, there] = apps;
    const accounts = await Promise.all(Array.from({ length: 8 }, () => here.register()));
    const runs = accounts.map(async (account) => {
      const id = await startRun(here, account, design({ key: 'gate', approval: {} }));
      const [request] = (await runWhen(here, account, id, isWaiting)).approvals;
      const [decided] = await Promise.all([
        decide(there, account, request!.id, 'APPROVE'),
        here.mutate('cancelExecution', { executionId: id }, '', account),
      ]);
      const run = await runWhen(here, account, id, hasEnded);
      return { run, decided, ends: await timesTold(here, account, id, 'ExecutionEndedEvent') };
    });
    for (const { run, decided, ends } of await Promise.all(runs)) {
      const isApproved = decided.__typename === 'DecideApprovalSuccess';
      expect(run.approvals[0]!.status).toBe(isApproved ? 'APPROVED' : 'CANCELLED');
      expect(isApproved ? ['CANCELLED', 'SUCCEEDED'] : ['CANCELLED']).toContain(run.status);
      expect(ends).toBe(1);
    }
  });
});

describe('a decision while no worker runs', () => {
  const instances = testInstances({ router: routerOf(model) });

  it('is accepted immediately, and carried out when a worker starts', async () => {
    const api = await instances.start({ role: 'api' });
    const worker = await instances.start({ role: 'worker' });
    const ann = await api.register();
    const id = await startRun(api, ann, design({ key: 'gate', approval: {} }));
    const { approvals } = await runWhen(api, ann, id, isWaiting);
    await worker.close();

    expect(await decide(api, ann, approvals[0]!.id, 'APPROVE')).toMatchObject({
      approval: { status: 'APPROVED' },
    });
    expect(await readRun(api, ann, id)).toMatchObject({
      status: 'WAITING_FOR_APPROVAL',
      steps: [{ attempts: 0 }],
    });
    await instances.start({ role: 'worker' });
    expect(await runWhen(api, ann, id, hasEnded)).toMatchObject({
      status: 'SUCCEEDED',
      steps: [{ attempts: 1 }],
    });
  });
});

describe('a decision by another member', () => {
  const instances = testInstances({ router: routerOf(model) });
  let app: TestApp;
  beforeAll(async () => void (app = await instances.start()));

  it('is rejected from the owner, a GUEST and a stranger, and continues the run when an authorized member makes it', async () => {
    const owner = await app.register();
    const colleague = await app.member(owner, 'USER');
    const guest = await app.member(owner, 'GUEST');
    const stranger = await app.register();
    const steps = { ...design({ key: 'gate', approval: {} }), requireDifferentApprover: true };
    const id = await startRun(app, owner, steps);
    const [request] = (await runWhen(app, owner, id, isWaiting)).approvals;

    await expect(decide(app, owner, request!.id, 'APPROVE')).rejects.toThrow('FORBIDDEN');
    await expect(decide(app, guest, request!.id, 'APPROVE')).rejects.toThrow('FORBIDDEN');
    expect(await decide(app, stranger, request!.id, 'REJECT')).toMatchObject({ __typename: 'NotFoundError' });
    expect((await readRun(app, owner, id)).approvals).toMatchObject([{ status: 'PENDING' }]);

    const watching = new Reader({ app, account: colleague, transport: 'SSE', field: 'pipelineProgress', id });
    await watching.next();
    expect(await decide(app, colleague, request!.id, 'APPROVE')).toMatchObject({
      approval: { status: 'APPROVED' },
    });
    await watching.readUntil(() => false);
    expect(watching.events.at(-1)).toMatchObject({ execution: { status: 'SUCCEEDED' } });
  });
});

function twoQuestions() {
  return design(
    { key: 'left', approval: {} },
    { key: 'right', approval: {} },
    { key: 'both', dependsOn: ['left', 'right'] },
  );
}

async function approveUntilTheEnd(app: TestApp, account: Account, id: string): Promise<void> {
  await eventually(
    async () => {
      const run = await readRun(app, account, id);
      const open = run.approvals.filter(({ status }) => status === 'PENDING');
      await Promise.all(open.map((request) => decide(app, account, request.id, 'APPROVE')));
      return hasEnded(run);
    },
    { timeoutMs: 15_000 },
  );
}

function decideInDetail(app: TestApp, account: Account, id: string, decision: string, comment: string) {
  return app.mutate<{ __typename: string; approval?: Decided }>(
    'decideApproval',
    { approvalId: id, decision, comment },
    `... on DecideApprovalSuccess { approval { id status comment decidedAt } }
     ... on AlreadyDecidedError { approval { id status comment decidedAt } }`,
    account,
  );
}

async function timesTold(app: TestApp, account: Account, id: string, type: string): Promise<number> {
  const log = await readLog(app, account, id);
  return log.filter(({ __typename }) => __typename === type).length;
}

function isWaiting({ status }: Run): boolean {
  return status === 'WAITING_FOR_APPROVAL';
}

interface Decided {
  id: string;
  status: string;
  comment: string;
  decidedAt: string;
}
