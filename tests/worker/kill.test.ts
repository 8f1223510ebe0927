import { beforeAll, describe, expect, it } from 'vitest';
import { type Account, TestApp } from '../support/app.ts';
import { NEED, openConversation, readConversation, send } from '../support/conversations.ts';
import { Reader, type StreamEvent, textsIn } from '../support/readers.ts';
import { decide, design, hasEnded, readLog, readRun, runWhen, startRun } from '../support/runs.ts';
import { type ServerProcess, testProcesses } from '../support/server-process.ts';

/** Starts on the same folder each time, with the Postgres in it. */
const processes = testProcesses({ DEFAULT_LLM_PROVIDER: 'OFFLINE', OFFLINE_TOKENS_PER_SECOND: '80' });
const app = new TestApp([]);
let server: ServerProcess;

async function startServer(): Promise<void> {
  server = processes.start();
  await app.start(server);
}

beforeAll(startServer);

describe('kill -9 in the middle of a run and of a reply', () => {
  let ann: Account;
  let scene: Scene;
  let waiting: string;

  beforeAll(async () => {
    ann = await app.register();
    waiting = await startRun(app, ann, design({ key: 'gate', requiresApproval: true, maxOutputTokens: 5 }));
    await runWhen(app, ann, waiting, ({ status }) => status === 'WAITING_FOR_APPROVAL');
    scene = await openScene(ann);
    await server.kill();
    await expectCut(scene);
    await startServer();
    await readToEnd(scene);
  });

  it('lets the run go on from its last finished step', () => expectSecondStepTwice(scene));
  it('gives the run’s readers every event once, and the text of every step', () => expectRunReadWhole(scene));
  it('begins the reply again, and gives its reader every event once', () => expectReplyReadWhole(scene));

  it('leaves a request for approval open, to be decided afterwards', async () => {
    const { status, approvals } = await readRun(app, ann, waiting);
    expect(status).toBe('WAITING_FOR_APPROVAL');
    await decide(app, ann, approvals[0]!.id, 'APPROVE');
    const run = await runWhen(app, ann, waiting, hasEnded);
    expect(run).toMatchObject({ status: 'SUCCEEDED', steps: [{ attempts: 1 }] });
  });

  it('keeps the accounts exact: steps make the run, messages the conversation, and these the day', async () => {
    const runs = [await readRun(app, ann, scene.run), await readRun(app, ann, waiting)];
    for (const run of runs) expect(sum(run.steps)).toBe(micros(run.cost));
    const conversation = await readConversation(app, ann, scene.conversation);
    expect(sum(conversation.messages.edges.map(({ node }) => node))).toBe(micros(conversation.cost));
    const { data } = await app.graphql<{ usageToday: { cost: string } }>('{ usageToday { cost } }', {}, ann);
    expect(sum([...runs, conversation])).toBe(micros(data!.usageToday.cost));
    expect(micros(data!.usageToday.cost)).toBeGreaterThan(0n);
  });
});

describe('SIGTERM in the middle of a run and of a reply', () => {
  let scene: Scene;

  it('ends the process with 0 within seconds', async () => {
    scene = await openScene(await app.register());
    const askedAt = performance.now();
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(5_000);
    expect(server.output.filter((line) => /"level":[4-6]0/.test(line))).toEqual([]);
  });

  it('hands over the run and the reply, which go on after the next start', async () => {
    await expectCut(scene);
    await startServer();
    await readToEnd(scene);
    await expectSecondStepTwice(scene);
    await expectRunReadWhole(scene);
    await expectReplyReadWhole(scene);
  });
});

/** A reply in the middle of its text and a run in the middle of its second step, with readers watching. */
async function openScene(account: Account): Promise<Scene> {
  const common = { app, account, after: 0 };
  const conversation = await openConversation(app, account);
  const replies = new Reader({ ...common, transport: 'SSE', field: 'conversationEvents', id: conversation });
  await send(app, account, conversation, NEED);
  await replies.readUntil((event) => event.offset! > 0);
  const steps = design(
    { key: 'first', maxOutputTokens: 5 },
    { key: 'second', dependsOn: ['first'] },
    { key: 'third', dependsOn: ['second'], maxOutputTokens: 5 },
  );
  const run = await startRun(app, account, steps);
  const progress = new Reader({ ...common, transport: 'SSE', field: 'pipelineProgress', id: run });
  const tokens = new Reader({ ...common, transport: 'WebSocket', field: 'agentTokens', id: run });
  await tokens.readUntil((event) => event.stepKey === 'second' && event.offset! > 0);
  await progress.readUntil((event) => event.stepKey === 'second');
  return { account, conversation, run, replies, progress, tokens };
}

/** Every reader sees its connection break, and none has to take that for the end. */
async function expectCut({ replies, progress, tokens }: Scene): Promise<void> {
  for (const reader of [replies, progress, tokens]) {
    await expect(reader.readUntil(() => false)).rejects.toThrow();
    reader.cut();
  }
}

async function readToEnd({ replies, progress, tokens }: Scene): Promise<void> {
  await replies.readUntil((event) => event.__typename === 'MessageCompletedEvent');
  await progress.readUntil(() => false);
  await tokens.readUntil(() => false);
  replies.cut();
}

async function expectSecondStepTwice({ account, run }: Scene): Promise<void> {
  const { status, steps } = await readRun(app, account, run);
  expect(status).toBe('SUCCEEDED');
  expect(steps.map(({ key, attempts }) => `${key} ${attempts}`)).toEqual(['first 1', 'second 2', 'third 1']);
}

async function expectRunReadWhole({ account, run, progress, tokens }: Scene): Promise<void> {
  const { steps } = await readRun(app, account, run);
  const log = await readLog(app, account, run);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  expect([...tokens.seqs, ...progress.seqs].sort((a, b) => a - b)).toEqual([
    ...log.map(({ seq }) => seq),
    log.length,
  ]);
  expect(log.filter(isEnded)).toEqual([log.at(-1)]);
  expect(textsIn(tokens.events)).toEqual(Object.fromEntries(steps.map(({ key, output }) => [key, output])));
  expect(tokens.events.filter(isDiscarded)).toMatchObject([{ stepKey: 'second', attempt: 1 }]);
}

async function expectReplyReadWhole({ replies }: Scene): Promise<void> {
  expect(replies.seqs).toEqual(replies.events.map((_, index) => index + 1));
  const { message } = replies.events.at(-1)!;
  expect(message!.status).toBe('COMPLETE');
  expect(textsIn(replies.events)).toEqual({ [message!.id]: message!.content });
  expect(replies.events.filter(isDiscarded)).toMatchObject([{ messageId: message!.id, attempt: 1 }]);
}

function isEnded({ __typename }: { __typename: string }): boolean {
  return __typename === 'ExecutionEndedEvent';
}

function isDiscarded({ __typename }: StreamEvent): boolean {
  return __typename.endsWith('DiscardedEvent');
}

function sum(parts: { cost: string }[]): bigint {
  return parts.reduce((total, { cost }) => total + micros(cost), 0n);
}

function micros(dollars: string): bigint {
  const [whole, fraction = ''] = dollars.split('.');
  return BigInt(`${whole}${fraction.padEnd(6, '0')}`);
}

interface Scene {
  account: Account;
  conversation: string;
  run: string;
  replies: Reader;
  progress: Reader;
  tokens: Reader;
}
