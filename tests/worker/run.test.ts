import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/core/llm/language-model.ts';
import { testApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { decide, design, hasEnded, readLog, runWhen, startRun, statusOf } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

const model = new ScriptedModel();
const app = testApp({ router: routerOf(model) });

describe('a run', () => {
  it('runs every step once, ends as SUCCEEDED and reports the output of the last step', async () => {
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'first' }, { key: 'last', dependsOn: ['first'] }));
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      progress: 1,
      error: null,
      report: 'last says hello to the world.',
    });
    expect(run.steps.map(({ key, output }) => [key, output])).toEqual([
      ['first', 'first says hello to the world.'],
      ['last', 'last says hello to the world.'],
    ]);
    expect([model.timesCalled('first'), model.timesCalled('last')]).toEqual([1, 1]);
  });

  it('starts a step as soon as its own dependencies have finished, independently of its siblings', async () => {
    const ann = await app.register();
    const release = model.hold('slow');
    const id = await startRun(
      app,
      ann,
      design(
        { key: 'quick' },
        { key: 'slow' },
        { key: 'after-quick', dependsOn: ['quick'] },
        { key: 'end', dependsOn: ['after-quick', 'slow'] },
      ),
    );
    const midway = await runWhen(app, ann, id, (run) => statusOf(run, 'after-quick') === 'SUCCEEDED');
    expect(statusOf(midway, 'slow')).toBe('RUNNING');
    release();
    expect((await runWhen(app, ann, id, hasEnded)).status).toBe('SUCCEEDED');
  });

  it('continues its other branches while one waits for approval, and waits only after them', async () => {
    const ann = await app.register();
    const release = model.hold('busy');
    const id = await startRun(
      app,
      ann,
      design(
        { key: 'asks', approval: {} },
        { key: 'busy' },
        { key: 'after-busy', dependsOn: ['busy'] },
        { key: 'all', dependsOn: ['asks', 'after-busy'] },
      ),
    );
    const asking = await runWhen(app, ann, id, (run) => run.approvals.length === 1);
    expect(asking.status).toBe('RUNNING');
    release();
    const waiting = await runWhen(app, ann, id, (run) => run.status === 'WAITING_FOR_APPROVAL');
    expect(statusOf(waiting, 'after-busy')).toBe('SUCCEEDED');
    await decide(app, ann, waiting.approvals[0]!.id, 'APPROVE');
    expect((await runWhen(app, ann, id, hasEnded)).status).toBe('SUCCEEDED');
  });

  it('starts an approved step immediately while its siblings are running', async () => {
    const ann = await app.register();
    const release = model.hold('long');
    const id = await startRun(
      app,
      ann,
      design(
        { key: 'granted', approval: {} },
        { key: 'long' },
        { key: 'both', dependsOn: ['granted', 'long'] },
      ),
    );
    const { approvals } = await runWhen(app, ann, id, (run) => run.approvals.length === 1);
    await decide(app, ann, approvals[0]!.id, 'APPROVE');
    const midway = await runWhen(app, ann, id, (run) => statusOf(run, 'granted') === 'SUCCEEDED');
    expect(statusOf(midway, 'long')).toBe('RUNNING');
    release();
    await runWhen(app, ann, id, hasEnded);
  });

  it('is refused its next step when its owner may no longer execute', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    const release = model.hold('before');
    const id = await startRun(app, ann, design({ key: 'before' }, { key: 'after', dependsOn: ['before'] }));
    await runWhen(app, ann, id, (run) => statusOf(run, 'before') === 'RUNNING');
    await eventually(() => expect(model.timesCalled('before')).toBe(1));
    const input = { userId: ann.session.user.id, role: 'GUEST' };
    await app.mutate('setUserRole', input, '... on SetUserRoleSuccess { __typename }', admin);
    release();
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({
      status: 'FAILED',
      error: {
        code: 'FORBIDDEN',
        stepKey: 'after',
        message: 'The owner may no longer execute. Ask an ADMIN of the tenant.',
      },
    });
    expect([statusOf(run, 'before'), model.timesCalled('after')]).toEqual(['SUCCEEDED', 0]);
  });

  it('skips a rejected step if the design says so, and runs its dependents without it', async () => {
    const ann = await app.register();
    const id = await startRun(
      app,
      ann,
      design({ key: 'optional', approval: { onReject: 'SKIP' } }, { key: 'final', dependsOn: ['optional'] }),
    );
    const { approvals } = await runWhen(app, ann, id, (run) => run.status === 'WAITING_FOR_APPROVAL');
    await decide(app, ann, approvals[0]!.id, 'REJECT', { comment: 'not needed' });
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.steps.map((step) => step.status)).toEqual(['SKIPPED', 'SUCCEEDED']);
    expect(model.timesCalled('optional')).toBe(0);
  });

  it('fails with APPROVAL_REJECTED when a rejected step must not be skipped', async () => {
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'must', approval: {} }));
    const { approvals } = await runWhen(app, ann, id, (run) => run.status === 'WAITING_FOR_APPROVAL');
    await decide(app, ann, approvals[0]!.id, 'REJECT', { comment: 'too vague' });
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'APPROVAL_REJECTED', stepKey: 'must' } });
    expect(run.error?.message).toContain('too vague');
  });

  it('fails with APPROVAL_EXPIRED when nobody decides in time', async () => {
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'timed', approval: { timeoutSeconds: 1 } }));
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'APPROVAL_EXPIRED' } });
    expect(run.approvals[0]?.status).toBe('EXPIRED');
  });

  it('uses the prompt that an approval has edited', async () => {
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'edited', approval: {} }));
    const { approvals } = await runWhen(app, ann, id, (run) => run.status === 'WAITING_FOR_APPROVAL');
    const decided = await decide(app, ann, approvals[0]!.id, 'APPROVE', {
      edits: { prompt: 'Write about snow.' },
    });
    expect(decided.approval?.status).toBe('APPROVED');
    await runWhen(app, ann, id, hasEnded);
    const asked = JSON.stringify(model.requests.at(-1));
    expect(asked).toContain('Write about snow.');
    expect(asked).not.toContain('Write about edited.');
  });

  it('retries an interrupted attempt, discards its text, and charges both attempts', async () => {
    const ann = await app.register();
    const broken = { text: 'half of a ', failure: new ModelError('UNAVAILABLE', 'the connection was cut') };
    model.answer('shaky', broken, 'the whole text');
    const id = await startRun(app, ann, design({ key: 'shaky' }));
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run.steps[0]).toMatchObject({ status: 'SUCCEEDED', attempts: 2, output: 'the whole text' });
    const log = await readLog(app, ann, id);
    const discarded = log.find((event) => event.__typename === 'AttemptDiscardedEvent');
    expect(discarded).toMatchObject({ stepKey: 'shaky', attempt: 1 });
    const second = log.filter((event) => event.__typename === 'AgentTokenEvent' && event.attempt === 2);
    expect(second.map((event) => event.text).join('')).toBe('the whole text');
    expect(run.steps[0]!.usage.inputTokens).toBeGreaterThan(100);
  });

  it('fails with PROVIDER_ERROR after three attempts, keeps the outputs of finished steps, and says what to do', async () => {
    const ann = await app.register();
    model.answer('down', {
      text: '',
      failure: new ModelError('UNAVAILABLE', 'OpenAI answered 503. Try later.'),
    });
    const id = await startRun(app, ann, design({ key: 'good' }, { key: 'down', dependsOn: ['good'] }));
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'PROVIDER_ERROR', stepKey: 'down' } });
    expect(run.error?.message).toContain('Try later');
    expect(run.steps).toMatchObject([
      { status: 'SUCCEEDED', output: 'good says hello to the world.' },
      { status: 'FAILED', attempts: 3 },
    ]);
  });

  it('lets running siblings finish when a step fails, and starts nothing new', async () => {
    const ann = await app.register();
    const release = model.hold('sibling');
    model.answer('breaks', { text: '', failure: new ModelError('BAD_REQUEST', 'no such model') });
    const id = await startRun(
      app,
      ann,
      design(
        { key: 'sibling' },
        { key: 'breaks' },
        { key: 'never', dependsOn: ['sibling'] },
        { key: 'sink', dependsOn: ['never', 'breaks'] },
      ),
    );
    await runWhen(app, ann, id, (run) => statusOf(run, 'breaks') === 'FAILED');
    release();
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run.steps.map((step) => step.status)).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED', 'CANCELLED']);
    expect(model.timesCalled('never')).toBe(0);
  });

  it('ends its log with exactly one ended event, without gaps in seq', async () => {
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'x' }, { key: 'y', dependsOn: ['x'] }));
    await runWhen(app, ann, id, hasEnded);
    const log = await readLog(app, ann, id);
    expect(log.map((event) => event.seq)).toEqual(log.map((_, index) => index + 1));
    const ended = log.filter((event) => event.__typename === 'ExecutionEndedEvent');
    expect(ended).toEqual([log.at(-1)]);
  });
});

describe('cancelExecution of a run', () => {
  it('closes the provider’s stream, charges the text written so far, and ends as CANCELLED', async () => {
    const ann = await app.register();
    model.hold('endless');
    const id = await startRun(app, ann, design({ key: 'endless' }, { key: 'later', dependsOn: ['endless'] }));
    await runWhen(app, ann, id, (run) => statusOf(run, 'endless') === 'RUNNING');
    await eventually(async () => (await readLog(app, ann, id)).some((event) => event.text));
    const cancelled = await app.mutate<{ execution: { status: string } }>(
      'cancelExecution',
      { executionId: id, reason: 'changed my mind' },
      '... on CancelExecutionSuccess { execution { status } }',
      ann,
    );
    expect(cancelled.execution.status).toBe('CANCELLED');
    expect(model.aborted).toContain('endless');
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run.steps.map((step) => step.status)).toEqual(['CANCELLED', 'CANCELLED']);
    expect(Number(run.cost)).toBeGreaterThan(0);
  });

  it('closes the open approval requests of a waiting run', async () => {
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'gate', approval: {} }));
    const { approvals } = await runWhen(app, ann, id, (run) => run.status === 'WAITING_FOR_APPROVAL');
    await app.mutate('cancelExecution', { executionId: id }, '', ann);
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({ status: 'CANCELLED', approvals: [{ status: 'CANCELLED' }] });
    const late = await decide(app, ann, approvals[0]!.id, 'APPROVE');
    expect(late).toMatchObject({ __typename: 'AlreadyDecidedError', approval: { status: 'CANCELLED' } });
  });
});
