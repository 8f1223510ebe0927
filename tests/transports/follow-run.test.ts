import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { followRun, type RunEvent } from '../../docs/examples/follow-run.ts';
import { testApp } from '../support/app.ts';
import { design, hasEnded, readLog, readRun, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });
const proxy = new TcpProxy();
afterAll(() => proxy.close());
afterEach(() => void vi.restoreAllMocks());

describe('the resuming client of the README', () => {
  it('receives each event of a run once and in order, however often the connection breaks', async () => {
    const url = await proxy.start(app.url('/graphql', 'ws'));
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const ann = await app.register();
    const executionId = await startRun(
      app,
      ann,
      design({ key: 'first' }, { key: 'last', dependsOn: ['first'] }),
    );

    const events: RunEvent[] = [];
    for await (const event of followRun({ url, executionId, accessToken: async () => ann.token })) {
      events.push(event);
      if (events.length % 3 > 0) continue;
      proxy.cut();
      proxy.mend();
    }

    const log = await readLog(app, ann, executionId);
    expect(events.map(({ seq, __typename }) => [seq, __typename])).toEqual(
      log.map(({ seq, __typename }) => [seq, __typename]),
    );
    expect(events.at(-1)).toMatchObject({
      __typename: 'ExecutionEndedEvent',
      execution: { status: 'SUCCEEDED' },
    });
    const { steps } = await readRun(app, ann, executionId);
    const texts = steps.map(({ key }) =>
      events.filter((event) => event.stepKey === key).map(({ text }) => text),
    );
    expect(texts.map((parts) => parts.join(''))).toEqual(steps.map(({ output }) => output));
  });

  it('requests a new token when the server rejects one, and ends when the new one is also rejected', async () => {
    const ann = await app.register();
    const executionId = await startRun(app, ann, design({ key: 'only' }));
    await runWhen(app, ann, executionId, hasEnded);
    const url = app.url('/graphql', 'ws');
    const refreshed = followRun({
      url,
      executionId,
      accessToken: async (refused) => (refused ? ann.token : 'old'),
    });
    expect(await refreshed.next()).toMatchObject({ value: { seq: 1 } });
    await refreshed.return();

    const accessToken = vi.fn(async () => 'old');
    await expect(followRun({ url, executionId, accessToken }).next()).rejects.toMatchObject({ code: 4403 });
    expect(accessToken.mock.calls).toEqual([[null], ['old']]);
  });

  it.each([
    ['NOT_FOUND', { executionId: 'nonsense' }],
    ['BAD_USER_INPUT', { after: 1_000 }],
  ])('ends with %s, which a retry cannot fix', async (code, options) => {
    const ann = await app.register();
    const executionId = await startRun(app, ann, design({ key: 'only' }));
    const accessToken = vi.fn(async () => ann.token);
    const run = followRun({ url: app.url('/graphql', 'ws'), executionId, accessToken, ...options });
    await expect(run.next()).rejects.toMatchObject([{ extensions: { code } }]);
    expect(accessToken).toHaveBeenCalledOnce();
  });
});
