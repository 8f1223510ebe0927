import { beforeAll, describe, expect, it } from 'vitest';
import { type Account, TestApp } from '../support/app.ts';
import { decideOn, openRequests, requestOf } from '../support/approvals.ts';
import { NEED, openConversation, readConversation, send } from '../support/conversations.ts';
import { micros, spentToday, sumOfCosts } from '../support/money.ts';
import { Reader, textsIn } from '../support/readers.ts';
import { decide, design, hasEnded, readRun, runWhen, startRun } from '../support/runs.ts';
import { type TestProcess, testProcesses } from '../support/server-process.ts';
import { WatchedRun } from '../support/watched-run.ts';

/** Restarted repeatedly on the same folder with its embedded Postgres. */
const processes = testProcesses({ DEFAULT_LLM_PROVIDER: 'OFFLINE', OFFLINE_TOKENS_PER_SECOND: '80' });
const app = new TestApp([]);
let server: TestProcess;

async function startServer(): Promise<void> {
  server = processes.start();
  await app.start(server);
}

beforeAll(startServer);

describe('kill -9 in the middle of a run and of a reply', () => {
  let ann: Account;
  let scene: Scene;
  let waiting: string;
  const others: string[] = [];

  beforeAll(async () => {
    ann = await app.register();
    waiting = await startRun(app, ann, design({ key: 'gate', approval: {}, maxOutputTokens: 5 }));
    await runWhen(app, ann, waiting, ({ status }) => status === 'WAITING_FOR_APPROVAL');
    scene = await openScene(ann);
    await server.kill();
    await expectCut(scene);
    await startServer();
    await readToTheEnd(scene);
  });

  it('continues the run after its last finished step, and its readers from their cursors', () =>
    expectRunWentOn(scene));

  it('restarts the reply, and continues its reader from its cursor', () => expectReplyWentOn(scene));

  it('keeps a pending approval request, which can be decided afterwards', async () => {
    const { status, approvals } = await readRun(app, ann, waiting);
    expect(status).toBe('WAITING_FOR_APPROVAL');
    await decide(app, ann, approvals[0]!.id, 'APPROVE');
    const run = await runWhen(app, ann, waiting, hasEnded);
    expect(run).toMatchObject({ status: 'SUCCEEDED', steps: [{ attempts: 1 }] });
  });

  it('loses no decision that was made just before the kill, in any round', async () => {
    const steps = design({ key: 'text', approval: { timing: 'AFTER_STEP' }, maxOutputTokens: 5 });
    const id = await startRun(app, ann, steps);
    await decideOn(app, ann, await requestOf(app, ann, id, 'text'), 'REVISE', { comment: 'Once more.' });
    await restart();
    const second = await requestOf(app, ann, id, 'text');
    expect(second).toMatchObject({ round: 2, timing: 'AFTER_STEP' });
    await decideOn(app, ann, second, 'APPROVE', { edits: { output: 'As I say.' } });
    await restart();
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run).toMatchObject({ status: 'SUCCEEDED', report: 'As I say.' });
    const asked = await openRequests(app, ann, id, null);
    expect(asked.map(({ round, status }) => [round, status])).toEqual([
      [1, 'REVISED'],
      [2, 'APPROVED'],
    ]);
    others.push(id);
  });

  async function restart(): Promise<void> {
    await server.kill();
    await startServer();
  }

  it('keeps costs exact: steps add up to the run, messages to the conversation, and both to the day', async () => {
    const ids = [scene.run.id, waiting, ...others];
    const runs = await Promise.all(ids.map((id) => readRun(app, ann, id)));
    for (const run of runs) expect(sumOfCosts(run.steps)).toBe(micros(run.cost));
    const conversation = await readConversation(app, ann, scene.conversation);
    expect(sumOfCosts(conversation.messages.edges.map(({ node }) => node))).toBe(micros(conversation.cost));
    const spent = await spentToday(app, ann);
    expect(spent).toBe(sumOfCosts([...runs, conversation]));
    expect(spent).toBeGreaterThan(0n);
  });
});

describe('SIGTERM in the middle of a run and of a reply', () => {
  let scene: Scene;

  it('ends the process with exit code 0 within seconds, without logged errors', async () => {
    scene = await openScene(await app.register());
    const askedAt = performance.now();
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(15_000);
    expect(server.output.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
  });

  it('hands both over, and they continue after the next start', async () => {
    await expectCut(scene);
    await startServer();
    await readToTheEnd(scene);
    await expectRunWentOn(scene);
    await expectReplyWentOn(scene);
  });
});

/** A reply and the second step of a run, both while their text streams, with connected readers. */
async function openScene(account: Account): Promise<Scene> {
  const conversation = await openConversation(app, account);
  const common = { app, account, transport: 'SSE', after: 0 } as const;
  const replies = new Reader({ ...common, field: 'conversationEvents', id: conversation });
  await send(app, account, conversation, NEED);
  await replies.readUntil((event) => event.offset! > 0);
  const steps = design(
    { key: 'first', maxOutputTokens: 5 },
    { key: 'second', dependsOn: ['first'] },
    { key: 'third', dependsOn: ['second'], maxOutputTokens: 5 },
  );
  const run = await WatchedRun.start(app, account, steps);
  await run.readToTheMiddleOf('second');
  return { conversation, replies, run };
}

/** Checks that every reader sees a broken connection and not the end of its stream. */
async function expectCut({ replies, run }: Scene): Promise<void> {
  for (const reader of [replies, run.progress, run.tokens]) {
    await expect(reader.readUntil(() => false)).rejects.toThrow();
    reader.cut();
  }
}

async function readToTheEnd({ replies, run }: Scene): Promise<void> {
  await replies.readUntil((event) => event.__typename === 'MessageCompletedEvent');
  replies.cut();
  await run.readToTheEnd();
}

async function expectRunWentOn({ run }: Scene): Promise<void> {
  const { status, steps } = await run.expectReadWhole();
  expect(status).toBe('SUCCEEDED');
  expect(steps[0]!.attempts).toBe(1);
  expect(steps[1]!.attempts).toBeGreaterThan(1);
}

async function expectReplyWentOn({ replies }: Scene): Promise<void> {
  const { message } = replies.events.at(-1)!;
  expect(message!.status).toBe('COMPLETE');
  expect(textsIn(replies.events)).toEqual({ [message!.id]: message!.content });
  expect(replies.seqs).toEqual(replies.events.map((_, index) => index + 1));
  const discarded = replies.events.filter(({ __typename }) => __typename === 'MessageAttemptDiscardedEvent');
  expect(discarded[0]).toMatchObject({ messageId: message!.id, attempt: 1 });
  expect(new Set(discarded.map(({ attempt }) => attempt)).size).toBe(discarded.length);
}

interface Scene {
  conversation: string;
  replies: Reader;
  run: WatchedRun;
}
