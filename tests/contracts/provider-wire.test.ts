import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ModelRequest, type ModelStreamPart, ModelError } from '../../src/core/llm/language-model.ts';
import { UsageMeter } from '../../src/modules/usage/usage-meter.ts';
import { ScriptedProvider, sendError, sendEvents } from '../support/scripted-provider.ts';
import { FRAMINGS } from './event-framings.ts';
import { KEY, type ProviderDialect, REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const WHOLE = 'Half an answer, 데이터 😀: whole.';

/** What comes down the wire from real servers, on every adapter with its real SDK. */
describe.each(Object.values(DIALECTS))('the wire of $name', (dialect) => {
  const provider = new ScriptedProvider();
  beforeAll(() => provider.start());
  afterAll(() => provider.stop());
  beforeEach(() => provider.reset());

  const model = () => dialect.create({ url: provider.url });
  const answering = (...events: string[]) => answeringTo(REQUEST, ...events);
  const answeringTo = (request: ModelRequest, ...events: string[]) => {
    provider.answer = (response) => sendEvents(response, ...events).end();
    return outcomeOf(model(), request);
  };
  const answer = (...middle: string[]) =>
    answering(
      ...dialect.connection.opening(USAGE),
      ...middle,
      ...dialect.ending(stopOf(dialect), USAGE),
      ...dialect.endMarker,
    );

  describe('reads events', () => {
    it.each(FRAMINGS)('with $name', async ({ frame, headers }) => {
      const events = wholeAnswer(dialect);
      provider.answer = (response) => {
        response.writeHead(200, headers ?? { 'content-type': 'text/event-stream' });
        response.end(frame(events));
      };
      const { parts, error } = await outcomeOf(model());
      expect(error).toBeUndefined();
      expect(textOf(parts)).toBe(WHOLE);
      expect(parts.at(-1)).toEqual({ type: 'end', reason: 'stop' });
      expect(parts).toContainEqual({ type: 'usage', usage: USAGE });
    });

    it('up to a size, and asks once for one that is larger', async () => {
      const chunk = 'x'.repeat(1024 * 1024);
      provider.answer = (response) => {
        sendEvents(response, 'data: {"text":"');
        for (let sent = 0; sent < 6; sent++) response.write(chunk);
        response.end();
      };
      const { error } = await outcomeOf(model());
      expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: false });
    });
  });

  describe('asks once, and books nothing, when the answer is', () => {
    it.each([
      ['an HTML page', 200, 'text/html', '<!doctype html><title>Welcome</title>', /an HTML page/],
      ['HTML as an event stream', 200, 'text/event-stream', '\n<html></html>', /an HTML page/],
      ['plain text', 200, 'text/plain', 'Bad gateway', /plain text/],
      ['a short text', 200, 'text/plain', 'OK', /plain text/],
      ['empty', 200, 'text/event-stream', '', /an empty body/],
      ['empty JSON', 200, 'application/json', '', /an empty body/],
      ['without content', 204, undefined, '', /an empty body/],
      ['only white space', 200, 'text/event-stream', ' \n\n', /an empty body/],
      ['JSON of another kind', 200, 'application/json', '{"status":"ok"}', /JSON that is no completion/],
      ['lines of JSON', 200, 'application/x-ndjson', '{"a":1}\n{"b":2}\n', /JSON that is no completion/],
      [
        'an error about the address',
        200,
        'application/json',
        '{"error":"Unexpected endpoint or method. (POST /chat/completions)"}',
        /Check the model name, the base URL/,
      ],
      ['a JSON error', 200, 'application/json', '{"error":{"message":"no such model"}}', /no such model/],
      ['an error as an event stream', 200, 'text/event-stream', '{"error":"broken"}', /broken/],
      [
        'a list with an error',
        200,
        'application/json',
        '[{"error":{"code":503,"message":"full"}}]',
        /full.*/,
      ],
      ['an error object', 200, 'application/json', '{"object":"error","message":"odd","code":400}', /odd/],
    ])('%s', async (_what, status, contentType, body, message) => {
      provider.answer = (response) =>
        response.writeHead(status, contentType ? { 'content-type': contentType } : {}).end(body);
      await expectRefusedOnce(message);
    });

    it('a whole completion', async () => {
      provider.answer = (response) => sendError(response, 200, dialect.completion);
      await expectRefusedOnce(/a whole completion instead of a stream/);
    });

    async function expectRefusedOnce(message: RegExp): Promise<void> {
      const { parts, error } = await outcomeOf(model());
      expect(error).toMatchObject({ retryable: false, message: expect.stringMatching(message) as string });
      expect(parts).toEqual([]);
      expect(provider.requests).toHaveLength(1);
      const meter = new UsageMeter(REQUEST);
      meter.start();
      meter.fail(error);
      expect(meter.read()).toBeNull();
    }
  });

  describe('the end of an answer', () => {
    const ends = (['stop', 'length', 'window', 'unknown'] as const).flatMap((reason) =>
      dialect.words[reason].map((word) => [word, reason] as const),
    );
    it.each(ends)('%s keeps the text, as %s', async (word, reason) => {
      const { connection, ending, endMarker } = dialect;
      const { parts } = await answeringTo(
        UP_TO_LIMIT,
        ...connection.opening(USAGE),
        connection.text(WHOLE),
        ...ending(word, USAGE),
        ...endMarker,
      );
      expect(textOf(parts)).toBe(WHOLE);
      expect(parts.at(-1)).toEqual({ type: 'end', reason });
    });

    it.each<[told: number, limit: Partial<ModelRequest>, reason: string]>([
      [7, { maxOutputTokens: 8 }, 'window'],
      [1_900, { maxOutputTokens: 2_000 }, 'length'],
      [1_500, { maxOutputTokens: 2_000 }, 'window'],
      [1_500, { maxOutputTokens: 1_000, thinkingTokens: 1_000 }, 'window'],
      [0, { maxOutputTokens: 2_000 }, 'length'],
    ])('after %i told tokens of %j is the %s’s', async (outputTokens, limit, reason) => {
      const { connection, ending, endMarker, words } = dialect;
      const usage = { inputTokens: 11, outputTokens };
      const { parts } = await answeringTo(
        { ...REQUEST, ...limit },
        ...connection.opening({ inputTokens: 0, outputTokens: 0 }),
        connection.text('word '.repeat(Math.max(7, outputTokens / 2))),
        ...ending(words.length[0]!, usage),
        ...endMarker,
      );
      expect(parts.at(-1)).toEqual({ type: 'end', reason });
    });

    it.each([
      ['unknown', /the limit of output tokens is used up; some models think unseen/, {}],
      ['asked for', /thinking used up the limit/, { maxOutputTokens: 6, thinkingTokens: 1 }],
    ])('without any text blames thinking only if it was %s', async (_what, words, asked) => {
      const { connection, ending, endMarker } = dialect;
      const { error } = await answeringTo(
        { ...UP_TO_LIMIT, ...asked },
        ...connection.opening(USAGE),
        ...ending(dialect.words.length[0]!, USAGE),
        ...endMarker,
      );
      expect(error).toMatchObject({ code: 'OUTPUT_LIMIT', message: expect.stringMatching(words) as string });
    });

    it('by a tool that was not offered is told once, if there is no text', async () => {
      const { connection, ending, endMarker, words } = dialect;
      const word = words.unknown.find((each) => /tool|function/i.test(each));
      if (!word) return; // the Responses API tells it in the output
      const { error } = await answering(...connection.opening(USAGE), ...ending(word, USAGE), ...endMarker);
      expect(error).toMatchObject({
        code: 'TOOL_CALL',
        retryable: false,
        message: expect.stringContaining(`called a tool (${word}) and wrote no text`) as string,
      });
    });

    const failures = (['REFUSED', 'TRUNCATED'] as const).flatMap((code) =>
      dialect.words[code].map((word) => [word, code] as const),
    );
    it.each(failures)('%s is %s', async (word, code) => {
      const { connection, ending, endMarker } = dialect;
      const { parts, error } = await answering(
        ...connection.opening(USAGE),
        connection.text('x'),
        ...ending(word, USAGE),
        ...endMarker,
      );
      expect(error).toMatchObject({ code });
      expect(parts).toContainEqual({ type: 'usage', usage: USAGE });
    });

    it('needs a word or a marker, and an empty word is none', async () => {
      const { connection, ending, endMarker } = dialect;
      for (const word of ['', null]) {
        const opened = [...connection.opening(USAGE), connection.text(WHOLE), ...ending(word, USAGE)];
        expect((await answering(...opened)).error).toMatchObject({ code: 'TRUNCATED' });
        if (endMarker.length === 0) continue;
        expect((await answering(...opened, ...endMarker)).parts.at(-1)).toEqual({
          type: 'end',
          reason: 'stop',
        });
      }
    });

    it.each(['data: true\n\n', 'data: "[DONE]"\n\n', 'data: DONE\n\n', 'data: [done]\n\n', 'data: [1]\n\n'])(
      'keeps a whole answer, whatever follows: %j',
      async (event) => {
        const { connection, ending } = dialect;
        const end = ending(stopOf(dialect), USAGE);
        const { parts, error } = await answering(
          ...connection.opening(USAGE),
          connection.text(WHOLE),
          ...end,
          event,
        );
        expect(error).toBeUndefined();
        expect(textOf(parts)).toBe(WHOLE);
        expect(parts.at(-1)).toEqual({ type: 'end', reason: 'stop' });
      },
    );

    it('may come more than once, before the rest of the text, and without a marker', async () => {
      const { connection, ending } = dialect;
      const end = ending(stopOf(dialect), USAGE);
      const { parts } = await answering(
        ...connection.opening(USAGE),
        connection.text('Half '),
        ...end,
        connection.text('whole'),
        ...end,
      );
      expect(textOf(parts)).toBe('Half whole');
      expect(parts.filter(({ type }) => type === 'end')).toHaveLength(1);
    });

    it.each([dialect.words.length[0]!, dialect.words.window[0]!])(
      '%s without any text is OUTPUT_LIMIT, once',
      async (word) => {
        const { connection, ending, endMarker, thinking } = dialect;
        const { error } = await answering(
          ...connection.opening(USAGE),
          thinking[0]!('hm '),
          ...ending(word, USAGE),
          ...endMarker,
        );
        expect(error).toMatchObject({ code: 'OUTPUT_LIMIT', retryable: false });
      },
    );

    it('is `thinking` when most of the limit was used by it', async () => {
      const { connection, ending, endMarker, thinking, words } = dialect;
      const { parts } = await answeringTo(
        UP_TO_LIMIT,
        ...connection.opening(USAGE),
        thinking[0]!('hm '.repeat(50)),
        connection.text('So'),
        ...ending(words.length[0]!, USAGE),
        ...endMarker,
      );
      expect(parts.at(-1)).toEqual({ type: 'end', reason: 'thinking' });
    });
  });

  describe('the parts of an answer', () => {
    it.each(dialect.textPlaces.map((place, n) => [n + 1, place] as const))(
      'has text at place %i',
      async (_n, place) => {
        const { parts } = await answer(dialect.connection.text('Half '), place('whole'));
        expect(textOf(parts)).toBe('Half whole');
      },
    );

    it.each(dialect.noText.map((event, n) => [n + 1, event] as const))(
      'has no text in event %i',
      async (_n, event) => {
        const { parts, error } = await answer(
          dialect.connection.text('Half '),
          event,
          dialect.connection.text('whole'),
        );
        expect(error).toBeUndefined();
        expect(textOf(parts)).toBe('Half whole');
      },
    );

    it.each(dialect.thinking.map((thinking, n) => [n + 1, thinking] as const))(
      'has thinking apart, in form %i',
      async (_n, thinking) => {
        const { parts } = await answer(thinking('hmm '), thinking('so'), dialect.connection.text('whole'));
        expect(textOf(parts)).toBe('whole');
        expect(textOf(parts, 'thinking')).toBe('hmm so');
      },
    );
  });

  describe('an error inside the stream', () => {
    it.each(ERRORS_IN_STREAM)(
      '%j is %s',
      async (error, code, retryable = ['RATE_LIMITED', 'UNAVAILABLE'].includes(code)) => {
        const body = { error: { message: 'its own words', ...error } };
        const event = dialect.name === 'Anthropic' ? { type: 'error', ...body } : body;
        const { parts, error: failure } = await answering(
          ...dialect.connection.opening(USAGE),
          dialect.connection.text('Half'),
          `data: ${JSON.stringify(event)}\n\n`,
        );
        expect(failure).toMatchObject({ code, retryable });
        expect((failure as ModelError).message).toContain('its own words');
        expect(textOf(parts)).toBe('Half');
      },
    );

    it.each([
      ['a text', 'data: {"error":"its own words"}\n\n'],
      ['an event of its own that is no JSON', 'event: error\ndata: its own words\n\n'],
      ['an event of its own', 'event: error\ndata: {"message":"its own words"}\n\n'],
      [
        'in a choice',
        'data: {"choices":[{"index":0,"delta":{"content":""},"error":{"code":502,"message":"its own words"},"finish_reason":"error"}]}\n\n',
      ],
      ['an object of FastAPI', 'data: {"object":"error","message":"its own words","code":500}\n\n'],
      ['in a list', 'data: {"errors":[{"message":"its own words"}]}\n\n'],
      ['an event whose name is written otherwise', 'event: Error\ndata: {"message":"its own words"}\n\n'],
      ['beside a flag', 'data: {"error":true,"message":"its own words"}\n\n'],
    ])('is found as %s', async (_where, event) => {
      const { error } = await answering(...dialect.connection.opening(USAGE), event);
      expect(error).toMatchObject({ code: 'UNAVAILABLE' });
      expect((error as ModelError).message).toContain('its own words');
    });

    it('shows no key and no control characters of the provider’s words', async () => {
      const message = `key ${KEY}\u202E\0 of Bearer abc.def and sk-other-1234567\nwas ${'long '.repeat(500)}`;
      const { error } = await answering(`data: ${JSON.stringify({ type: 'error', error: { message } })}\n\n`);
      const { message: shown } = error as ModelError;
      expect(shown).not.toMatch(/canary|abc\.def|sk-other|\p{Cc}|\u202E/u);
      expect(shown.length).toBeLessThan(600);
    });
  });
});

/** Whose limit the usage reaches. */
const UP_TO_LIMIT: ModelRequest = { ...REQUEST, maxOutputTokens: USAGE.outputTokens };

/** With the usual codes of all providers: gateways pass them on inside the protocols of others. */
const ERRORS_IN_STREAM: [error: object, code: string, retryable?: boolean][] = [
  [{ code: 400 }, 'BAD_REQUEST'],
  [{ code: 401 }, 'AUTH'],
  [{ code: 402 }, 'AUTH'],
  [{ code: '402' }, 'AUTH'],
  [{ code: 403 }, 'AUTH'],
  [{ code: 404 }, 'BAD_REQUEST'],
  [{ code: 422 }, 'BAD_REQUEST'],
  [{ code: 429 }, 'RATE_LIMITED'],
  [{ code: '429' }, 'RATE_LIMITED'],
  [{ code: 503 }, 'UNAVAILABLE'],
  [{ code: 529 }, 'UNAVAILABLE'],
  [{ code: 7 }, 'UNAVAILABLE'],
  [{}, 'UNAVAILABLE'],
  [{ type: 'overloaded_error' }, 'UNAVAILABLE'],
  [{ type: 'rate_limit_error' }, 'RATE_LIMITED'],
  [{ type: 'invalid_request_error' }, 'BAD_REQUEST'],
  [{ type: 'invalid_request_error', code: 'rate_limit_exceeded' }, 'RATE_LIMITED'],
  [{ code: 'insufficient_quota' }, 'AUTH'],
  [{ code: 'context_length_exceeded' }, 'BAD_REQUEST'],
  [{ code: 'content_filter' }, 'REFUSED'],
  [{ code: 400, message: 'Output blocked by content filtering policy; its own words' }, 'REFUSED'],
  [{ code: 403, message: 'Your input was flagged: its own words' }, 'REFUSED'],
  [{ code: 400, message: 'its own words: your credit balance is too low' }, 'AUTH'],
  [{ message: 'its own words: Unexpected endpoint or method.' }, 'BAD_REQUEST'],
  [{ message: 'its own words: model llama9 not found' }, 'BAD_REQUEST'],
  [{ message: 'its own words: too many requests' }, 'RATE_LIMITED'],
  [{ message: 'its own words: the model has crashed' }, 'UNAVAILABLE'],
  [{ code: 400, status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] }, 'AUTH'],
  [{ code: 429, status: 'RESOURCE_EXHAUSTED' }, 'RATE_LIMITED'],
  [
    {
      code: 429,
      details: [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] }],
    },
    'RATE_LIMITED',
    false,
  ],
];

function wholeAnswer({ connection, ending, endMarker, ...dialect }: ProviderDialect): string[] {
  const [first, second] = [WHOLE.slice(0, 12), WHOLE.slice(12)];
  return [
    ...connection.opening(USAGE),
    connection.text(first),
    connection.text(second),
    ...ending(dialect.words.stop[0]!, USAGE),
    ...endMarker,
  ];
}

function stopOf(dialect: ProviderDialect): string {
  return dialect.words.stop[0]!;
}

async function outcomeOf(model: ReturnType<ProviderDialect['create']>, request = REQUEST) {
  const parts: ModelStreamPart[] = [];
  try {
    for await (const part of model.stream(request, new AbortController().signal)) parts.push(part);
    return { parts, error: undefined };
  } catch (error) {
    return { parts, error };
  }
}

function textOf(parts: ModelStreamPart[], type: 'text' | 'thinking' = 'text'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}
