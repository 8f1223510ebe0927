import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type LanguageModel,
  ModelError,
  type ModelStreamPart,
  type ModelRequest,
} from '../../src/core/llm/language-model.ts';
import { type Account, testApp } from '../support/app.ts';
import { NEED, openConversation, send } from '../support/conversations.ts';
import { eventually } from '../support/eventually.ts';
import { Reader, type Stream, type StreamEvent, textsIn } from '../support/readers.ts';
import { design, hasEnded, type LogEntry, readLog, readRun, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';
import { MAX_SOCKETS_PER_USER } from '../../src/transport/graphql/socket/close.ts';

/** Streams a script word by word: writes the next word when `reader` has received all previous ones. */
class PacedModel implements LanguageModel {
  readonly script = new ScriptedModel();
  #reader: Reader | null = null;
  #written = 0;

  goAlongWith(reader: Reader | null): void {
    this.#reader = reader;
    this.#written = 0;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
    for await (const piece of this.script.stream(request, signal)) {
      yield piece;
      if (piece.type !== 'text' || request.output || !this.#reader) continue;
      this.#written += piece.text.length;
      const { events } = this.#reader;
      await eventually(() => lengthOf(events) >= this.#written, { timeoutMs: 15_000 });
    }
  }
}

const model = new PacedModel();
const app = testApp({ router: routerOf(model) });

const FIELDS = ['agentTokens', 'pipelineProgress', 'executionEvents'] as const;
type Field = (typeof FIELDS)[number];

beforeEach(() => void vi.spyOn(console, 'error'));
afterEach(() => {
  expect(console.error).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

describe.each(['WebSocket', 'SSE'] as const)(
  'a stream over %s, interrupted after every event',
  (transport) => {
    it('delivers each event of a run once and in order during the run', async () => {
      const ann = await app.register();
      const id = await startShakyRun(ann);
      const readers = FIELDS.map(
        (field) => new Reader({ app, account: ann, transport, field, id, after: 0 }),
      );
      model.goAlongWith(readers[0]!);
      await Promise.all(readers.map(readCutting));
      await expectWholeRun(ann, id, readers);
    });

    it('delivers each event of a run once and in order after the run has ended', async () => {
      const ann = await app.register();
      const id = await startShakyRun(ann);
      await runWhen(app, ann, id, hasEnded);
      const readers = FIELDS.map(
        (field) => new Reader({ app, account: ann, transport, field, id, after: 0 }),
      );
      await Promise.all(readers.map(readCutting));
      await expectWholeRun(ann, id, readers);
    });

    it('delivers each event of a reply once and in order, during and after the reply', async () => {
      const ann = await app.register();
      const id = await openConversation(app, ann);
      const stream: Stream = { app, account: ann, transport, field: 'conversationEvents', id, after: 0 };
      const live = new Reader(stream);
      model.goAlongWith(live);
      await askForShakyReply(ann, id);
      await readCutting(live);
      const late = new Reader(stream);
      await readCutting(late);

      expect(late.events).toEqual(live.events);
      expect(live.seqs).toEqual(live.events.map((_, index) => index + 1));
      const { message } = live.events.at(-1)!;
      expect(message).toMatchObject({ status: 'COMPLETE', content: textsIn(live.events)[message!.id] });
      const discarded = live.events.filter((event) => event.__typename === 'MessageAttemptDiscardedEvent');
      expect(discarded).toMatchObject([{ messageId: message!.id, attempt: 1 }]);
    });

    it('starts with a snapshot at any time of a run, and continues with exactly the events after it', async () => {
      const ann = await app.register();
      const id = await startShakyRun(ann);
      const guide = new Reader({ app, account: ann, transport, field: 'agentTokens', id, after: 0 });
      model.goAlongWith(guide);
      const joined: { field: Field; reader: Reader }[] = [];
      while (await guide.next()) {
        const places = MAX_SOCKETS_PER_USER - 1 - joined.length; // the guide has one
        for (const field of FIELDS.slice(0, places)) {
          const reader = new Reader({ app, account: ann, transport, field, id });
          await reader.next();
          joined.push({ field, reader });
        }
      }
      await Promise.all(joined.map(({ reader }) => reader.readUntil(() => false)));

      const log = await readLog(app, ann, id);
      const { steps } = await readRun(app, ann, id);
      expect(joined.length).toBeGreaterThan(2 * FIELDS.length); // pieces are merged on a busy machine
      for (const { field, reader } of joined) {
        const [snapshot, ...rest] = reader.events;
        expect(snapshot!.__typename).toBe('ExecutionSnapshotEvent');
        expect(rest.map(({ seq }) => seq)).toEqual(seqsBehind(log, snapshot!.seq, field));
        if (field !== 'pipelineProgress') expect(textsIn(reader.events)).toEqual(outputsOf(steps));
        if (field !== 'agentTokens')
          expect(statusesIn(reader.events)).toEqual(steps.map((step) => step.status));
      }
    });

    it('starts with a snapshot at any time of a reply, and continues with exactly the events after it', async () => {
      const ann = await app.register();
      const id = await openConversation(app, ann);
      const stream: Stream = { app, account: ann, transport, field: 'conversationEvents', id };
      const guide = new Reader({ ...stream, after: 0 });
      model.goAlongWith(guide);
      await askForShakyReply(ann, id);
      const joined: Reader[] = [];
      while (!isCompleted((await guide.next())!)) {
        const reader = new Reader(stream);
        await reader.next();
        joined.push(reader);
      }
      const { seq: head, message } = guide.events.at(-1)!;

      expect(joined.length).toBeGreaterThan(10);
      for (const reader of joined) {
        if (reader.seqs[0] !== head) await reader.readUntil(({ seq }) => seq === head);
        reader.cut();
        const [snapshot] = reader.events;
        expect(snapshot!.__typename).toBe('ConversationSnapshotEvent');
        expect(reader.seqs).toEqual(reader.seqs.map((_, index) => snapshot!.seq + index));
        expect(textsIn(reader.events)[message!.id]).toBe(message!.content);
      }
      guide.cut();
    });
  },
);

describe.each(['WebSocket', 'SSE'] as const)('the cursor of a stream over %s', (transport) => {
  it('completes immediately after the end of a run', async () => {
    const ann = await app.register();
    const id = await startShakyRun(ann);
    await runWhen(app, ann, id, hasEnded);
    const { seq: end } = (await readLog(app, ann, id)).at(-1)!;
    for (const field of FIELDS) {
      const reader = new Reader({ app, account: ann, transport, field, id, after: end });
      expect(await reader.next()).toBeNull();
    }
  });

  it.each([-1, 1_000_000])(
    'is rejected with BAD_USER_INPUT when it is outside of the log: %i',
    async (after) => {
      const ann = await app.register();
      const run = await startShakyRun(ann);
      const conversation = await openConversation(app, ann);
      for (const [field, id] of [
        ...FIELDS.map((name) => [name, run] as const),
        ['conversationEvents', conversation] as const,
      ]) {
        const reader = new Reader({ app, account: ann, transport, field, id, after });
        await expect(reader.next()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      }
    },
  );

  it('is rejected with NOT_FOUND before the first event for missing objects and those of others', async () => {
    const ann = await app.register();
    const run = await startShakyRun(ann);
    const conversation = await openConversation(app, ann);
    const ids = [run, conversation, globalId('PipelineExecution'), globalId('Conversation'), 'nonsense'];
    for (const account of [
      await app.register(),
      await app.member(ann, 'USER'),
      await app.member(ann, 'GUEST'),
    ]) {
      for (const field of [...FIELDS, 'conversationEvents'] as const) {
        for (const id of ids) {
          const reader = new Reader({ app, account, transport, field, id, after: 0 });
          await expect(reader.next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
        }
      }
    }
  });
});

/** Four steps, one of which is interrupted in its first attempt. */
async function startShakyRun(account: Account): Promise<string> {
  model.goAlongWith(null);
  const broken = {
    text: 'Rain falls and ',
    failure: new ModelError('UNAVAILABLE', 'the connection was cut'),
  };
  model.script.answer('shaky', broken, 'Rain ☔ falls,\nand then 비가 그친다. 🌈');
  return startRun(
    app,
    account,
    design(
      { key: 'first' },
      { key: 'side' },
      { key: 'shaky', dependsOn: ['first'] },
      { key: 'last', dependsOn: ['shaky', 'side'] },
    ),
  );
}

/** The text is interrupted in its first attempt. */
async function askForShakyReply(account: Account, conversationId: string): Promise<void> {
  const broken = {
    text: 'I suggest that ',
    failure: new ModelError('UNAVAILABLE', 'the connection was cut'),
  };
  model.script.answer(
    'discussion.reply',
    broken,
    'I suggest ☔ three\nlines about 비 and seven about what follows it.',
  );
  await send(app, account, conversationId, NEED);
}

async function readCutting(reader: Reader): Promise<void> {
  await reader.readUntil((event) => {
    reader.cut();
    return isCompleted(event);
  });
}

/** Checks that the streams deliver their events of the run's log, that the texts are the outputs, and that it ends once. */
async function expectWholeRun(account: Account, id: string, readers: Reader[]): Promise<void> {
  const log = await readLog(app, account, id);
  const { steps } = await readRun(app, account, id);
  expect(log.map((entry) => entry.seq)).toEqual(log.map((_, index) => index + 1));
  readers.forEach((reader, index) => expect(reader.seqs).toEqual(seqsBehind(log, 0, FIELDS[index]!)));
  const [tokens, progress, all] = readers.map(({ events }) => events) as [
    StreamEvent[],
    StreamEvent[],
    StreamEvent[],
  ];
  for (const events of [tokens, all]) {
    expect(textsIn(events)).toEqual(outputsOf(steps));
    const discarded = events.filter((event) => event.__typename === 'AttemptDiscardedEvent');
    expect(discarded).toMatchObject([{ stepKey: 'shaky', attempt: 1 }]);
  }
  for (const events of [progress, all])
    expect(statusesIn(events)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
  for (const { events } of readers) expect(events.filter(isEnded)).toEqual([events.at(-1)]);
}

/** The events that a stream must deliver after `after`, from the whole log of the run. */
function seqsBehind(log: LogEntry[], after: number, field: Field): number[] {
  const isText = ({ __typename }: LogEntry) =>
    ['AgentTokenEvent', 'AttemptDiscardedEvent'].includes(__typename);
  const belongs = (entry: LogEntry) =>
    field === 'executionEvents' || isEnded(entry) || isText(entry) === (field === 'agentTokens');
  return log.filter((entry) => entry.seq > after && belongs(entry)).map(({ seq }) => seq);
}

function outputsOf(steps: { key: string; output: string | null }[]): Record<string, string | null> {
  return Object.fromEntries(steps.map(({ key, output }) => [key, output]));
}

/** The status of each step that a client shows for these events. */
function statusesIn(events: StreamEvent[]): string[] {
  const statuses = new Map(['first', 'side', 'shaky', 'last'].map((key) => [key, 'PENDING']));
  for (const { snapshot, stepKey, stepStatus } of events) {
    for (const { key, status } of snapshot?.steps ?? []) statuses.set(key, status);
    if (stepStatus) statuses.set(stepKey!, stepStatus);
  }
  return [...statuses.values()];
}

/** The id of a row that does not exist. */
function globalId(type: string): string {
  return Buffer.from(`${type}:${randomUUID()}`).toString('base64url');
}

function lengthOf(events: StreamEvent[]): number {
  return events.reduce((length, { text = '' }) => length + text.length, 0);
}

function isEnded({ __typename }: { __typename: string }): boolean {
  return __typename === 'ExecutionEndedEvent';
}

function isCompleted({ __typename }: StreamEvent): boolean {
  return __typename === 'MessageCompletedEvent';
}
