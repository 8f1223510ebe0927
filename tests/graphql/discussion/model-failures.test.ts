import { describe, expect, it } from 'vitest';
import {
  type LanguageModel,
  ModelError,
  type ModelRequest,
  type ModelStreamPart,
} from '../../../src/core/llm/language-model.ts';
import type { Notice } from '../../../src/kernel/notice.ts';
import type { Strategy } from '../../../src/modules/discussion/engine/proposal.ts';
import { decodeGlobalId } from '../../../src/schema-kit/global-id.ts';
import { type Account, testApp } from '../../support/app.ts';
import { NEED, openConversation, readConversation, readMessage, talk } from '../../support/conversations.ts';
import { routerOf } from '../../support/scripted-model.ts';
import { CRITIQUE_ANSWER, designAnswer } from '../../support/structured-models.ts';

/** Answers every task well, but for those that `failure` answers. */
class FailingModel implements LanguageModel {
  failure: Failure = () => null;
  readonly requests: ModelRequest[] = [];

  async *stream(request: ModelRequest): AsyncGenerator<ModelStreamPart> {
    this.requests.push(request);
    const answer = this.failure(request) ?? goodAnswer(request);
    if (typeof answer !== 'string') throw answer;
    yield { type: 'text', text: answer };
    yield { type: 'usage', usage: { inputTokens: 10, outputTokens: 10 } };
    yield { type: 'end', reason: 'stop' };
  }
}

const model = new FailingModel();
const app = testApp({ router: routerOf(model) });

describe('a discussion whose model fails', () => {
  it.each(['AUTH', 'BAD_REQUEST', 'REFUSED'] as const)(
    'fails the reply with the provider’s message and stores no design: %s',
    async (code) => {
      const { ann, id } = await start(({ task }) =>
        task.name === 'discussion.critique' ? new ModelError(code, 'The provider says no.') : null,
      );
      const reply = await talk(app, ann, id, NEED);
      expect(reply).toMatchObject({ status: 'FAILED', content: '' });
      expect(reply.error).toMatchObject({
        code: 'PROVIDER_ERROR',
        message: expect.stringContaining('The provider says no.'),
      });
      expect(await readConversation(app, ann, id)).toMatchObject({ stage: 'UNDERSTAND', proposals: [] });
      expect(await sourcesOf(ann, id)).toEqual({});
    },
  );

  it('replaces the one unusable design, with a notice on the reply and a log line', async () => {
    const { ann, id } = await start(({ task }) =>
      task.name === 'discussion.design' && task.metadata['strategy'] === 'QUALITY' ? 'No JSON.' : null,
    );
    const reply = await talk(app, ann, id, NEED);
    expect(reply.status).toBe('COMPLETE');
    expect(await sourcesOf(ann, id)).toEqual({
      SPEED: ['MODEL', 'MODEL'],
      QUALITY: ['BUILT_IN', 'MODEL'],
      BALANCED: ['MODEL', 'MODEL'],
    });
    expect(await noticesOf(ann, reply.id)).toEqual([
      {
        code: 'BUILT_IN_USED',
        message: 'The model gave no usable answer (INVALID_OUTPUT). Built-in rules made the design QUALITY.',
        stepKey: null,
        source: null,
      },
    ]);
    expect(warningsOf(reply.id)).toEqual([expect.stringContaining('"code":"INVALID_OUTPUT"')]);
    const written = model.requests.findLast(({ task }) => task.name === 'discussion.reply');
    expect(written?.messages[0]?.content).toContain('the design QUALITY');
  });

  it('replaces only the duplicate design', async () => {
    const { ann, id } = await start(({ task }) =>
      task.name === 'discussion.design' && task.metadata['strategy'] === 'BALANCED'
        ? JSON.stringify(designAnswer('QUALITY', { model: 'offline-fast' }))
        : null,
    );
    const reply = await talk(app, ann, id, NEED);
    expect(await sourcesOf(ann, id)).toMatchObject({
      SPEED: ['MODEL', 'MODEL'],
      QUALITY: ['MODEL', 'MODEL'],
      BALANCED: ['BUILT_IN', 'MODEL'],
    });
    expect(await noticesOf(ann, reply.id)).toMatchObject([
      { code: 'BUILT_IN_USED', message: expect.stringContaining('(DUPLICATE)') },
    ]);
  });

  it('retries temporary errors, and then adds no notice', async () => {
    let refusals = 2;
    const { ann, id } = await start(({ task }) =>
      task.name === 'discussion.read' && refusals-- > 0 ? new ModelError('RATE_LIMITED', 'Slow down.') : null,
    );
    const reply = await talk(app, ann, id, NEED);
    expect(reply.status).toBe('COMPLETE');
    expect(await noticesOf(ann, reply.id)).toEqual([]);
    expect(Object.values(await sourcesOf(ann, id)).flat()).toEqual(Array(6).fill('MODEL'));
  });

  it('critiques with built-in rules when retries of the model fail', async () => {
    const { ann, id } = await start(({ task }) =>
      task.name === 'discussion.critique' &&
      (task.metadata['draft'] as { strategy: Strategy }).strategy === 'SPEED'
        ? new ModelError('TIMEOUT', 'No answer.')
        : null,
    );
    const reply = await talk(app, ann, id, NEED);
    expect(reply.status).toBe('COMPLETE');
    expect(await sourcesOf(ann, id)).toMatchObject({
      SPEED: ['MODEL', 'BUILT_IN'],
      QUALITY: ['MODEL', 'MODEL'],
    });
    expect(await noticesOf(ann, reply.id)).toMatchObject([
      {
        code: 'BUILT_IN_USED',
        message: 'The model gave no usable answer (TIMEOUT). Built-in rules made the critique of SPEED.',
      },
    ]);
  });

  it.each([
    ['UNAVAILABLE', new ModelError('UNAVAILABLE', 'Overloaded.')],
    ['INVALID_OUTPUT', ''],
  ] as const)(
    'writes the text with built-in rules when retries of the model fail: %s',
    async (code, answer) => {
      const { ann, id } = await start(({ task }) => (task.name === 'discussion.reply' ? answer : null));
      const reply = await talk(app, ann, id, NEED);
      expect(reply).toMatchObject({
        status: 'COMPLETE',
        error: null,
        content: expect.stringContaining('SPEED by a model'),
      });
      expect(reply.notices).toMatchObject([
        {
          code: 'BUILT_IN_USED',
          message: `The model gave no usable answer (${code}). Built-in rules made the text of the reply.`,
        },
      ]);
      expect(Object.values(await sourcesOf(ann, id)).flat()).toEqual(Array(6).fill('MODEL'));
      expect(writings()).toBe(3);
      expect(warningsOf(reply.id)).toEqual([expect.stringContaining('"part":"REPLY"')]);
      const { deltas, discarded } = await logOf(ann, id);
      expect(deltas).toEqual([{ attempt: 4, offset: 0, text: reply.content }]);
      expect(discarded).toEqual([1, 2, 3]);
    },
  );

  it('adds the notice about the text to that about a design', async () => {
    const { ann, id } = await start(({ task }) => {
      if (task.name === 'discussion.reply') return '';
      return task.name === 'discussion.design' && task.metadata['strategy'] === 'SPEED' ? 'No JSON.' : null;
    });
    const reply = await talk(app, ann, id, NEED);
    expect(reply.notices.map(({ message }) => message)).toEqual([
      expect.stringContaining('made the design SPEED.'),
      expect.stringContaining('made the text of the reply.'),
    ]);
  });

  it.each(['AUTH', 'BAD_REQUEST', 'REFUSED'] as const)(
    'keeps the designs, which the model made, when only the text of the reply fails: %s',
    async (code) => {
      const { ann, id } = await start(({ task }) =>
        task.name === 'discussion.reply' ? new ModelError(code, 'The provider says no.') : null,
      );
      const reply = await talk(app, ann, id, NEED);
      expect(reply).toMatchObject({ status: 'FAILED', content: '', notices: [] });
      expect(reply.error?.message).toContain('The provider says no.');
      expect(writings()).toBe(1);
      expect(await sourcesOf(ann, id)).toEqual({
        SPEED: ['MODEL', 'MODEL'],
        QUALITY: ['MODEL', 'MODEL'],
        BALANCED: ['MODEL', 'MODEL'],
      });
    },
  );
});

async function start(failure: Failure): Promise<{ ann: Account; id: string }> {
  model.failure = failure;
  model.requests.length = 0;
  const ann = await app.register();
  return { ann, id: await openConversation(app, ann) };
}

/** Who made each design, and who judged it. */
async function sourcesOf(ann: Account, id: string): Promise<Record<string, [string, string]>> {
  const { proposals } = await readConversation(app, ann, id);
  return Object.fromEntries(
    proposals.map(({ strategy, source, critique }) => [strategy, [source, critique.source]]),
  );
}

async function noticesOf(ann: Account, messageId: string): Promise<Notice[]> {
  return (await readMessage(app, ann, messageId)).notices;
}

function warningsOf(messageId: string): string[] {
  const { id } = decodeGlobalId(messageId);
  return app.logs.filter((line) => line.includes('built-in rules used') && line.includes(id));
}

/** How often the model was asked for the text of a reply. */
function writings(): number {
  return model.requests.filter(({ task }) => task.name === 'discussion.reply').length;
}

/** The text in the conversation's log, and the attempts that it discards. */
async function logOf(ann: Account, id: string) {
  const query = `query ($id: ID!) { conversation(id: $id) { events(after: 0, first: 100) { nodes { __typename
    ... on MessageDeltaEvent { attempt offset text } ... on MessageAttemptDiscardedEvent { attempt } } } } }`;
  const { data } = await app.graphql<{ conversation: { events: { nodes: LogEvent[] } } }>(query, { id }, ann);
  const nodes = data!.conversation.events.nodes;
  const deltas = nodes.filter(({ __typename }) => __typename === 'MessageDeltaEvent');
  const discarded = nodes.filter(({ __typename }) => __typename === 'MessageAttemptDiscardedEvent');
  return {
    deltas: deltas.map(({ attempt, offset, text }) => ({ attempt, offset, text })),
    discarded: discarded.map(({ attempt }) => attempt),
  };
}

function goodAnswer({ task }: ModelRequest): string {
  const answer = ANSWERS[task.name]?.(task.metadata);
  return answer === undefined ? 'Here is what I made.' : JSON.stringify(answer);
}

const ANSWERS: Record<string, (metadata: Readonly<Record<string, unknown>>) => unknown> = {
  'discussion.read': () => ({
    intents: ['DESCRIBE'],
    isClear: true,
    title: 'Bikes',
    memory: { agreed: [NEED] },
  }),
  'discussion.design': ({ strategy }) => designAnswer(strategy as Strategy, { model: 'offline-fast' }),
  'discussion.critique': () => CRITIQUE_ANSWER,
};

type Failure = (request: ModelRequest) => string | Error | null;

interface LogEvent {
  __typename: string;
  attempt: number;
  offset?: number;
  text?: string;
}
