import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { itRefuses } from '../../support/refusals.ts';
import { design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const model = new ScriptedModel();
const app = testApp({ router: routerOf(model) });
const FIELDS =
  '... on CancelExecutionSuccess { execution { status } } ... on ConflictError { current { id } }';

describe('cancelExecution', () => {
  it('ends a run in progress and does not change a cancelled one', async () => {
    const ann = await app.register();
    model.hold('long');
    const id = await startRun(app, ann, design({ key: 'long' }));
    for (let time = 0; time < 2; time++) {
      expect(await app.mutate('cancelExecution', { executionId: id }, FIELDS, ann)).toEqual({
        __typename: 'CancelExecutionSuccess',
        execution: { status: 'CANCELLED' },
      });
    }
  });

  it('returns ConflictError with the run when it has already ended', async () => {
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'short' }));
    await runWhen(app, ann, id, hasEnded);
    expect(await app.mutate('cancelExecution', { executionId: id }, FIELDS, ann)).toMatchObject({
      __typename: 'ConflictError',
      current: { id },
    });
  });

  it('rejects a reason that is too long', async () => {
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'short' }));
    const refused = await app.mutate(
      'cancelExecution',
      { executionId: id, reason: 'x'.repeat(501) },
      FIELDS,
      ann,
    );
    expect(refused.__typename).toBe('ValidationError');
  });

  it('is not allowed for an ADMIN who does not own the run', async () => {
    const owner = await app.register();
    const user = await app.member(owner, 'USER');
    const id = await startRun(app, user, design({ key: 'asks', approval: {} }));
    expect((await app.mutate('cancelExecution', { executionId: id }, FIELDS, owner)).__typename).toBe(
      'NotFoundError',
    );
  });

  itRefuses(app, 'cancelExecution', {
    input: async (owner) => ({
      executionId: await startRun(app, owner, design({ key: 'asks', approval: {} })),
    }),
    idField: { name: 'executionId', type: 'PipelineExecution' },
  });
});
