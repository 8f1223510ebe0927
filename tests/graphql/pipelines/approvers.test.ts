import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { decide, design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });
const asks = { ...design({ key: 'asks', approval: {} }), requireDifferentApprover: true };

const start = (account: Account, steps: object) =>
  app.mutate<{ __typename: string; message?: string }>(
    'executePipeline',
    { source: { design: steps }, request: 'Ten lines about rain' },
    '',
    account,
  );

describe('a design that requires a different approver', () => {
  it('is refused when nobody else could approve, with what to do', async () => {
    const ann = await app.register();
    expect(await start(ann, asks)).toMatchObject({
      __typename: 'ValidationError',
      message: expect.stringMatching(/nobody could approve.*inviteUser.*requireDifferentApprover/) as string,
    });
    await app.member(ann, 'GUEST');
    expect((await start(ann, asks)).__typename).toBe('ValidationError');
    const kim = await app.member(ann, 'USER');
    expect((await start(ann, asks)).__typename).toBe('ExecutePipelineSuccess');
    await app.mutate('removeUser', { userId: kim.session.user.id }, '', ann);
    expect((await start(ann, asks)).__typename).toBe('ValidationError');
  });

  it('is not refused when none of its steps asks', async () => {
    const ann = await app.register();
    expect((await start(ann, { ...asks, ...design({ key: 'asks' }) })).__typename).toBe(
      'ExecutePipelineSuccess',
    );
  });

  it('shows the approver the request and, to read only, its run', async () => {
    const ann = await app.register();
    const kim = await app.member(ann, 'USER');
    const run = await startRun(app, ann, asks);
    const { approvals } = await runWhen(app, kim, run, (one) => one.status === 'WAITING_FOR_APPROVAL');
    const { data } = await app.graphql<{ execution: { events: { nodes: object[] }; conversation: null } }>(
      'query ($id: ID!) { execution(id: $id) { conversation { id } steps { key } events(first: 9) { nodes { __typename } } } }',
      { id: run },
      kim,
    );
    expect(data!.execution).toMatchObject({ conversation: null, steps: [{ key: 'asks' }] });
    expect(data!.execution.events.nodes).not.toEqual([]);
    const cancelled = await app.mutate('cancelExecution', { executionId: run }, '', kim);
    expect(cancelled.__typename).toBe('NotFoundError');
    await decide(app, kim, approvals[0]!.id, 'APPROVE');
    expect((await runWhen(app, kim, run, hasEnded)).status).toBe('SUCCEEDED');
  });
});
