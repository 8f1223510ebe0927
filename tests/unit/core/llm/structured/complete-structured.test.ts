import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ModelError, type ModelRequest } from '../../../../../src/core/llm/language-model.ts';
import { OfflineModel } from '../../../../../src/core/llm/providers/offline.ts';
import {
  collect,
  type Completion,
  completeStructured,
  InvalidOutputError,
} from '../../../../../src/core/llm/structured/complete-structured.ts';

const schema = z.object({ score: z.number().int().min(1).max(10), title: z.string() });
const NATIVE = {
  type: 'object',
  properties: { score: { type: 'integer' }, title: { type: 'string' } },
  required: ['score', 'title'],
  additionalProperties: false,
};
const GOOD = '{"score": 7, "title": "Fine"}';
const REQUEST: ModelRequest = {
  model: 'm',
  system: 'Judge.',
  messages: [{ role: 'user', content: 'How good is it?' }],
  maxOutputTokens: 50,
  task: { name: 'test.read', metadata: { about: 'it' } },
};

describe('completeStructured', () => {
  it.each([
    ['plain', GOOD],
    ['in a code fence', `\`\`\`json\n${GOOD}\n\`\`\``],
    ['in a sentence', `Here it is: ${GOOD} I hope this helps.`],
    ['with spaces', `\n\n  ${GOOD}  \n`],
  ])('reads an answer %s', async (_how, text) => {
    const { result, asked } = await complete(text);
    expect(result).toEqual({ score: 7, title: 'Fine' });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toEqual({ ...REQUEST, output: { name: 'test_read', schema: NATIVE } });
  });

  it('keeps a code fence inside the answer', async () => {
    const title = '```js\nlet a = {};\n```';
    const { result } = await complete(JSON.stringify({ score: 1, title }));
    expect(result).toEqual({ score: 1, title });
  });

  it('cleans texts like those of a person: no control, direction or invisible characters, no half pairs', async () => {
    const { result } = await complete('{"score": 1, "title": "a\\u0000b\\ud83d\\u202e\\u200bc"}');
    expect(result).toEqual({ score: 1, title: 'abc' });
  });

  it('repeats the request once with the answer and its issues', async () => {
    const bad = '{"score": 11}';
    const { result, asked } = await complete(bad, GOOD);
    expect(result).toEqual({ score: 7, title: 'Fine' });
    expect(asked).toHaveLength(2);
    const [question, answer, repair] = asked[1]!.messages;
    expect(question).toEqual(REQUEST.messages[0]);
    expect(answer).toEqual({ role: 'assistant', content: bad });
    expect(repair!.role).toBe('user');
    expect(repair!.content).toMatch(/- score: .*10[^]*- title: /);
    expect(asked[1]).toMatchObject({ output: { schema: NATIVE }, task: REQUEST.task, maxOutputTokens: 50 });
  });

  it.each([
    ['that is no JSON', { text: 'I would rather not.', end: 'stop' }, /not one valid JSON object/],
    ['that is empty', { text: ' ', end: 'stop' }, /not one valid JSON object/],
    ['that is a list', { text: '[1, 2]', end: 'stop' }, /not one valid JSON object/],
    [
      'that was cut off',
      { text: '{"score": 7, "ti', end: 'length' },
      /limit of 50 tokens: it must be shorter/,
    ],
  ] satisfies [string, Completion, RegExp][])(
    'repeats the request once for an answer %s',
    async (_what, first, problem) => {
      const { result, asked } = await complete(first, GOOD);
      expect(result).toEqual({ score: 7, title: 'Fine' });
      expect(asked[1]!.messages.at(-1)!.content).toMatch(problem);
      expect(asked[1]!.messages.every(({ content }) => content.trim() !== '')).toBe(true);
    },
  );

  it('throws InvalidOutputError with the issues of the second answer', async () => {
    const failure = await complete('no', '{"score": "high", "title": "x"}', GOOD).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(InvalidOutputError);
    expect((failure as InvalidOutputError).issues).toMatchObject([{ path: ['score'] }]);
  });

  it('rethrows the error of a failed call', async () => {
    const error = new ModelError('RATE_LIMITED', 'later');
    await expect(
      completeStructured({ complete: () => Promise.reject(error), request: REQUEST, schema }),
    ).rejects.toBe(error);
  });

  it('limits the number of issues that it reports to the model', async () => {
    const many = z.object(
      Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, z.string()])),
    );
    const asked: ModelRequest[] = [];
    const answer = (request: ModelRequest) => {
      asked.push(request);
      return Promise.resolve<Completion>({ text: '{}', end: 'stop' });
    };
    await expect(completeStructured({ complete: answer, request: REQUEST, schema: many })).rejects.toThrow();
    expect(asked[1]!.messages.at(-1)!.content.split('\n').length).toBeLessThan(25);
  });
});

describe('collect', () => {
  it('joins the text of a stream and returns how it ended', async () => {
    const model = new OfflineModel({ script: () => 'one two three', tokensPerSecond: 0 });
    const { signal } = new AbortController();
    expect(await collect(model.stream(REQUEST, signal))).toEqual({ text: 'one two three', end: 'stop' });
    const cut = model.stream({ ...REQUEST, maxOutputTokens: 2 }, signal);
    expect(await collect(cut)).toEqual({ text: 'one two', end: 'length' });
  });
});

/** Answers with the given texts, one per call. */
async function complete(...answers: (string | Completion)[]) {
  const asked: ModelRequest[] = [];
  const result = await completeStructured({
    complete: (request) => {
      const answer = answers[asked.push(request) - 1]!;
      return Promise.resolve(typeof answer === 'string' ? { text: answer, end: 'stop' } : answer);
    },
    request: REQUEST,
    schema,
  });
  return { result, asked };
}
