import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { NEED, openConversation, readConversation, send } from '../support/conversations.ts';
import { testInstances } from '../support/instances.ts';
import { LostAnswer } from '../support/lost-answer.ts';
import { micros, spentToday, sumOfCosts } from '../support/money.ts';
import { Reader, textsIn } from '../support/readers.ts';
import { design } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';
import { WatchedRun } from '../support/watched-run.ts';

const model = new ScriptedModel();
const instances = testInstances({ router: routerOf(model) });
const answers = new LostAnswer(instances.databaseUrl);
let app: TestApp;
beforeAll(async () => void (app = await instances.start({ databaseUrl: await answers.start() })));

describe('a commit whose confirmation was lost with the connection', () => {
  it.each([
    ['the start of a run', '"RUNNING"'],
    ['the start of a step', '"type":"StepStatus"'],
    ['the end of a step', '"SUCCEEDED"'],
    ['the end of a run', 'ExecutionEnded'],
  ])('is effective for %s', async (_what, marker) => {
    const ann = await app.register();
    model.calls.length = 0;
    answers.lose(marker);
    const steps = design({ key: 'one' }, { key: 'two', dependsOn: ['one'] });
    const run = await WatchedRun.start(app, ann, steps);
    await run.readToTheEnd();
    expect(answers.isLost).toBe(true);
    const { status, steps: rows, cost } = await run.expectReadWhole();
    expect(status).toBe('SUCCEEDED');
    expect(rows.map(({ attempts }) => attempts)).toEqual([1, 1]);
    expect(model.calls).toEqual(['one', 'two']);
    expect(sumOfCosts(rows)).toBe(micros(cost));
    expect(await spentToday(app, ann)).toBe(micros(cost));
  });

  it('is effective for the end of a reply', async () => {
    const ann = await app.register();
    const id = await openConversation(app, ann);
    answers.lose('MessageCompleted');
    const reader = new Reader({
      app,
      account: ann,
      transport: 'SSE',
      field: 'conversationEvents',
      id,
      after: 0,
    });
    await send(app, ann, id, NEED);
    await reader.readUntil(({ __typename }) => __typename === 'MessageCompletedEvent');
    expect(answers.isLost).toBe(true);
    await send(app, ann, id, 'And what is the cheapest?', { whenBusy: 'ENQUEUE' });
    await reader.readUntil(({ __typename }) => __typename === 'MessageCompletedEvent');
    reader.cut();

    const { messages, cost } = await readConversation(app, ann, id);
    const replies = messages.edges.map(({ node }) => node).filter(({ role }) => role === 'ASSISTANT');
    expect(replies.map(({ status }) => status)).toEqual(['COMPLETE', 'COMPLETE']);
    expect(textsIn(reader.events)).toEqual(
      Object.fromEntries(replies.map((reply) => [reply.id, reply.content])),
    );
    expect(reader.seqs).toEqual(reader.events.map((_, index) => index + 1));
    expect(model.timesCalled('discussion.reply')).toBe(2);
    expect(await spentToday(app, ann)).toBe(micros(cost));
  });
});
