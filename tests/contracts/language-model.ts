import { getEventListeners } from 'node:events';
import type http from 'node:http';
import { inspect } from 'node:util';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type LanguageModel,
  ModelError,
  type ModelStreamPart,
  type ModelRequest,
  type ModelUsage,
} from '../../src/core/llm/language-model.ts';
import type { ModelTimeouts } from '../../src/core/llm/providers/provider-call.ts';
import { eventually } from '../support/eventually.ts';
import { FORM, KEY, type ProviderDialect } from './provider-dialect.ts';
import { ScriptedProvider, sendError, sendEvents } from '../support/scripted-provider.ts';

/**
 * The contract of every provider adapter, tested with its real SDK and the provider's wire format: against aimock, and
 * against a scripted server for behavior that aimock does not support.
 */
export function describeLanguageModel(dialect: ProviderDialect): void {
  describe(dialect.name, () => {
    const mock = new LLMock({ port: 0, chunkSize: 3 });
    const provider = new ScriptedProvider();

    beforeAll(async () => {
      await Promise.all([mock.start(), provider.start()]);
    });
    afterAll(() => Promise.all([mock.stop(), provider.stop()]));
    beforeEach(() => {
      mock.reset();
      provider.reset();
    });

    describeAnswers(dialect, mock);
    describeRefusals(dialect, mock, provider);
    describeBrokenStreams(dialect, mock, provider);
    describeEndings(dialect, provider);
    describeDetails(dialect, provider);
  });
}

function describeAnswers(dialect: ProviderDialect, mock: LLMock): void {
  const model = () => dialect.create({ url: mock.url });

  describe('an answer', () => {
    it('arrives in parts with its usage, and ends once', async () => {
      const content = 'Grüße, 파이프라인, 設計 and 👩‍👩‍👧‍👦 🎉: done.';
      mock.onMessage('hello', { content, usage: usageInAllSpellings(12, 34) });
      const parts = await all(model(), REQUEST);
      expect(textOf(parts)).toBe(content);
      expect(parts.filter((part) => part.type === 'text').length).toBeGreaterThan(3);
      expect(lastUsage(parts)).toEqual({ inputTokens: 12, outputTokens: 34 });
      expect(ends(parts)).toEqual(['stop']);
      expect(parts.at(-1)).toEqual({ type: 'end', reason: 'stop' });
    });

    it('ends with `length` when it reaches its token limit', async () => {
      const usage = usageInAllSpellings(12, REQUEST.maxOutputTokens);
      mock.onMessage('hello', { content: 'cut', finishReason: dialect.finishReasons.length, usage });
      expect(ends(await all(model(), REQUEST))).toEqual(['length']);
    });
  });
}

function describeRefusals(dialect: ProviderDialect, mock: LLMock, provider: ScriptedProvider): void {
  const failure = () => failureOf(dialect.create({ url: mock.url }), REQUEST);
  const scriptedFailure = () => failureOf(dialect.create({ url: provider.url }), REQUEST);

  describe('a rejected request', () => {
    it.each([
      [429, 'RATE_LIMITED', true],
      [408, 'UNAVAILABLE', true],
      [500, 'UNAVAILABLE', true],
      [502, 'UNAVAILABLE', true],
      [503, 'UNAVAILABLE', true],
      [529, 'UNAVAILABLE', true],
      [401, 'AUTH', false],
      [402, 'AUTH', false],
      [403, 'AUTH', false],
      [400, 'BAD_REQUEST', false],
      [404, 'BAD_REQUEST', false],
      [413, 'BAD_REQUEST', false],
      [422, 'BAD_REQUEST', false],
    ] as const)('has status %i: %s, without a retry', async (status, code, retryable) => {
      mock.onMessage('hello', { error: { message: 'no', type: 'some_error' }, status });
      const error = await failure();
      expect(error).toMatchObject({ code, retryable });
      expect(error.message).toContain(String(status));
      expect(mock.getRequests()).toHaveLength(1);
    });

    it.each([
      ['0', 0, 0],
      ['2', 2_000, 2_000],
      ['3600', 3_600_000, 3_600_000],
      [new Date(Date.now() + 30_000).toUTCString(), 1, 30_000],
      [new Date(Date.now() - 30_000).toUTCString(), 0, 0],
      ['soon', undefined, undefined],
    ])('passes on Retry-After %s', async (header, least, most) => {
      provider.answer = (response) => sendError(response, 429, { error: {} }, { 'retry-after': header });
      const { retryAfterMs } = await scriptedFailure();
      if (least === undefined) return expect(retryAfterMs).toBeUndefined();
      expect(retryAfterMs).toBeGreaterThanOrEqual(least);
      expect(retryAfterMs).toBeLessThanOrEqual(most!);
    });

    it('quotes the provider’s message, but never the key', async () => {
      const message = `model missing, key was ${KEY}`;
      provider.answer = (response) => sendError(response, 404, { error: { message } });
      const error = await scriptedFailure();
      expect(error.message).toContain('model missing, key was [key]');
      expect(everythingIn(error)).not.toContain(KEY);
    });

    it('does not quote the provider’s message about a wrong key', async () => {
      const message = `Incorrect API key provided: ${KEY.slice(0, 8)}****${KEY.slice(-4)}`;
      provider.answer = (response) => sendError(response, 401, { error: { message } });
      expect(everythingIn(await scriptedFailure())).not.toContain(KEY.slice(0, 8));
    });

    it('is handled even if its body is not JSON', async () => {
      provider.answer = (response) => response.writeHead(502).end('<html>Bad gateway</html>');
      expect(await scriptedFailure()).toMatchObject({ code: 'UNAVAILABLE' });
    });

    it('does not follow a redirect', async () => {
      const location = `http://user:${KEY}@elsewhere.example/v1?key=${KEY}`;
      provider.answer = (response) => response.writeHead(307, { location }).end();
      const error = await scriptedFailure();
      expect(error).toMatchObject({ code: 'BAD_REQUEST', status: 307 });
      expect(error.message).toContain('redirects the request to http://elsewhere.example (307)');
      expect(everythingIn(error)).not.toContain(KEY);
      expect(provider.requests).toHaveLength(1);
    });

    it('is UNAVAILABLE when no server listens', async () => {
      const gone = await new ScriptedProvider().start();
      const { url } = gone;
      await gone.stop();
      expect(await failureOf(dialect.create({ url }), REQUEST)).toMatchObject({ code: 'UNAVAILABLE' });
    });
  });
}

function describeBrokenStreams(dialect: ProviderDialect, mock: LLMock, provider: ScriptedProvider): void {
  const { connection } = dialect;
  const opened = [...connection.opening(USAGE), connection.text('Half an')];
  const outcome = (timeouts?: ModelTimeouts) =>
    outcomeOf(dialect.create({ url: provider.url, timeouts }), REQUEST);

  describe('a broken stream', () => {
    it.each([1, 2, 3, 4, 5, 6, 7, 8])(
      'is an error when it ends after %i chunks',
      async (truncateAfterChunks) => {
        mock.onMessage(
          'hello',
          { content: 'a longer answer than this' },
          { truncateAfterChunks, latency: 5 },
        );
        const { error, parts } = await outcomeOf(dialect.create({ url: mock.url }), REQUEST);
        expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
        expect(ends(parts)).toEqual([]);
      },
    );

    it('is UNAVAILABLE when the connection is lost after some text', async () => {
      provider.answer = (response) => sendEvents(response, ...opened).socket!.end();
      const { error, parts } = await outcome();
      expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      expect(textOf(parts)).toBe('Half an');
    });

    it('is UNAVAILABLE when the connection is reset before any data', async () => {
      provider.answer = (response) => response.socket!.resetAndDestroy();
      expect((await outcome()).error).toMatchObject({ code: 'UNAVAILABLE' });
    });

    it("is TRUNCATED when it ends without the provider's completion marker", async () => {
      provider.answer = (response) => sendEvents(response, ...opened).end();
      const { error, parts } = await outcome();
      expect(error).toMatchObject({ code: 'TRUNCATED', retryable: true });
      expect(textOf(parts)).toBe('Half an');
    });

    it('is TRUNCATED when it has no event', async () => {
      provider.answer = (response) => sendEvents(response, ': ready\n\n').end();
      expect((await outcome()).error).toMatchObject({ code: 'TRUNCATED' });
    });

    it('is UNAVAILABLE when an event is not JSON', async () => {
      provider.answer = (response) => sendEvents(response, ...opened, connection.malformed).end();
      expect((await outcome()).error).toMatchObject({ code: 'UNAVAILABLE' });
    });

    it('is UNAVAILABLE when it reports an overloaded provider', async () => {
      provider.answer = (response) => sendEvents(response, ...opened, connection.overloaded).end();
      const { error, parts } = await outcome();
      expect(error).toMatchObject({ code: 'UNAVAILABLE' });
      expect(textOf(parts)).toBe('Half an');
    });

    it('is RATE_LIMITED when it reports a rate limit', async () => {
      provider.answer = (response) => sendEvents(response, ...opened, connection.limited).end();
      expect((await outcome()).error).toMatchObject({ code: 'RATE_LIMITED' });
    });

    it('is a TIMEOUT when no more data arrives, and its connection is closed', async () => {
      provider.answer = (response) => sendEvents(response, ...opened);
      const { error } = await outcome({ idleMs: 100, totalMs: 60_000 });
      expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true });
      await eventually(() => provider.requests[0]!.closedAt !== undefined, { timeoutMs: 1_000 });
    });

    it('is a TIMEOUT when it never starts', async () => {
      provider.answer = () => {};
      expect((await outcome({ idleMs: 100, totalMs: 60_000 })).error).toMatchObject({ code: 'TIMEOUT' });
    });

    it('is a TIMEOUT when it exceeds the total time, even if data arrives', async () => {
      provider.answer = (response) =>
        keepSending(response, [...connection.opening(USAGE)], connection.text('more '));
      const { error, parts } = await outcome({ idleMs: 60_000, totalMs: 200 });
      expect(error).toMatchObject({ code: 'TIMEOUT' });
      expect(textOf(parts)).toContain('more more');
    });
  });
}

function describeEndings(dialect: ProviderDialect, provider: ScriptedProvider): void {
  const { connection } = dialect;
  const model = (timeouts?: ModelTimeouts) => dialect.create({ url: provider.url, timeouts });
  const complete = [
    ...connection.opening(USAGE),
    connection.text('whole'),
    ...connection.closing('stop', USAGE),
  ];

  describe('stopping', () => {
    it('closes the connection within a second on an abort, and throws its reason', async () => {
      provider.answer = (response) => keepSending(response, connection.opening(USAGE), connection.text('x'));
      const aborter = new AbortController();
      const reason = new Error('cancelled by its owner');
      let abortedAt = Infinity;
      const reading = (async () => {
        for await (const part of model().stream(REQUEST, aborter.signal)) {
          if (part.type !== 'text') continue;
          abortedAt = performance.now();
          aborter.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      const closedAt = await eventually(() => provider.requests[0]!.closedAt ?? false);
      expect(closedAt - abortedAt).toBeLessThan(1_000);
    });

    it('yields nothing after an abort, not even data that had arrived', async () => {
      provider.answer = (response) => sendEvents(response, ...complete).end();
      const aborter = new AbortController();
      const parts: ModelStreamPart[] = [];
      const reading = (async () => {
        for await (const part of model().stream(REQUEST, aborter.signal)) {
          parts.push(part);
          if (part.type === 'text') aborter.abort(new Error('cancelled'));
        }
      })();
      await expect(reading).rejects.toThrow('cancelled');
      expect(parts.at(-1)).toEqual({ type: 'text', text: 'whole' });
    });

    it('throws the reason of an abort immediately while no data arrives', async () => {
      provider.answer = (response) =>
        sendEvents(response, ...connection.opening(USAGE), connection.text('x'));
      const aborter = new AbortController();
      const reading = all(model(), REQUEST, aborter.signal);
      await eventually(() => provider.requests.length === 1);
      const abortedAt = performance.now();
      aborter.abort(new Error('cancelled'));
      await expect(reading).rejects.toThrow('cancelled');
      expect(performance.now() - abortedAt).toBeLessThan(5_000);
      await eventually(() => provider.requests[0]!.closedAt !== undefined);
    });

    it('sends no request for an aborted signal', async () => {
      await expect(all(model(), REQUEST, AbortSignal.abort(new Error('too late')))).rejects.toThrow(
        'too late',
      );
      expect(provider.requests).toHaveLength(0);
    });

    it('closes the connection when the reader leaves', async () => {
      provider.answer = (response) => keepSending(response, connection.opening(USAGE), connection.text('x'));
      for await (const part of model().stream(REQUEST, NEVER)) if (part.type === 'text') break;
      await eventually(() => provider.requests[0]!.closedAt !== undefined, { timeoutMs: 1_000 });
    });

    it('loses no data when the reader takes longer than the idle timeout', async () => {
      provider.answer = (response) => sendEvents(response, ...complete).end();
      const parts: ModelStreamPart[] = [];
      for await (const part of model({ idleMs: 250, totalMs: 60_000 }).stream(REQUEST, NEVER)) {
        const resumeAt = performance.now() + 750;
        if (parts.push(part) === 1) await eventually(() => performance.now() > resumeAt);
      }
      expect(textOf(parts)).toBe('whole');
      expect(ends(parts)).toEqual(['stop']);
    });

    it('leaves no listener on the signal after success or failure', async () => {
      const { signal } = new AbortController();
      provider.answer = (response) => sendEvents(response, ...complete).end();
      await all(model(), REQUEST, signal);
      provider.answer = (response) => sendError(response, 500, {});
      await outcomeOf(model(), REQUEST, signal);
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    });
  });
}

function describeDetails(dialect: ProviderDialect, provider: ScriptedProvider): void {
  const { connection } = dialect;
  const answering = (events: string[]) => {
    provider.answer = (response) => sendEvents(response, ...events).end();
    return outcomeOf(dialect.create({ url: provider.url }), REQUEST);
  };

  describe('requests and results', () => {
    it('sends the whole conversation and the limit, JSON mode if requested, and no metadata', async () => {
      provider.answer = (response) => sendEvents(response, ...connection.closing('stop', USAGE)).end();
      const messages: ModelRequest['messages'] = [
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: 'yes?' },
        { role: 'user', content: 'again' },
      ];
      const request = { ...REQUEST, messages, maxOutputTokens: 321 };
      await all(dialect.create({ url: provider.url }), request);
      for (const schema of [null, FORM]) {
        await all(dialect.create({ url: provider.url }), { ...request, output: { name: 'form', schema } });
      }

      const [plain, json, form] = provider.requests.map(({ body }) => body);
      for (const part of ['You are terse.', 'hello', 'yes?', 'again', '321']) expect(plain).toContain(part);
      expect(plain).not.toContain('a fact for the OFFLINE model');
      expect(plain).not.toMatch(dialect.jsonMode);
      expect(json).toMatch(dialect.jsonMode);
      for (const body of [plain, json]) expect(body).not.toContain(JSON.stringify(FORM));
      expect(form).toContain(dialect.schemaMode);
    });

    it('throws REFUSED for refused content, after its usage', async () => {
      const { error, parts } = await answering([
        ...connection.opening(USAGE),
        ...connection.closing('refused', USAGE),
      ]);
      expect(error).toMatchObject({ code: 'REFUSED', retryable: false });
      expect(lastUsage(parts)).toEqual(USAGE);
    });

    it('counts cached and reasoning tokens', async () => {
      const { parts } = await answering([...dialect.richUsage.events]);
      expect(lastUsage(parts)).toEqual(dialect.richUsage.usage);
      expect(textOf(parts)).toBe('answer');
    });

    it('ignores a usage of zeros', async () => {
      const none = { inputTokens: 0, outputTokens: 0 };
      const { parts } = await answering([
        ...connection.opening(none),
        connection.text('x'),
        ...connection.closing('stop', none),
      ]);
      expect(lastUsage(parts)).toBeUndefined();
      expect(ends(parts)).toEqual(['stop']);
    });

    it('joins a surrogate pair split between two events, and replaces unpaired surrogates and NUL', async () => {
      const texts = ['a\uD83D', '\uDE00b', '\uDE00', 'c\0', 'd\uD83D'].map((text) => connection.text(text));
      const { parts } = await answering([
        ...connection.opening(USAGE),
        ...texts,
        ...connection.closing('stop', USAGE),
      ]);
      expect(textOf(parts)).toBe('a😀b\uFFFDc\uFFFDd\uFFFD');
      expect(parts.every((part) => part.type !== 'text' || part.text.isWellFormed())).toBe(true);
    });

    it('reads events that the network splits at any position', async () => {
      const bytes = Buffer.from(
        [
          ...connection.opening(USAGE),
          connection.text('데이터 😀'),
          ...connection.closing('stop', USAGE),
        ].join(''),
      );
      provider.answer = async (response) => {
        sendEvents(response);
        for (const byte of bytes) {
          response.write(Buffer.of(byte));
          await new Promise(setImmediate);
        }
        response.end();
      };
      const parts = await all(dialect.create({ url: provider.url }), REQUEST);
      expect(textOf(parts)).toBe('데이터 😀');
      expect(lastUsage(parts)).toEqual(USAGE);
    });
  });
}

/** Sends the same event until the client disconnects. */
function keepSending(response: http.ServerResponse, opening: string[], event: string): void {
  sendEvents(response, ...opening);
  const timer = setInterval(() => sendEvents(response, event), 5);
  response.on('close', () => clearInterval(timer));
}

async function all(model: LanguageModel, request: ModelRequest, signal = NEVER): Promise<ModelStreamPart[]> {
  const { parts, error } = await outcomeOf(model, request, signal);
  if (error) throw error;
  return parts;
}

/** All parts up to the end or the error. */
async function outcomeOf(model: LanguageModel, request: ModelRequest, signal = NEVER): Promise<Outcome> {
  const parts: ModelStreamPart[] = [];
  try {
    for await (const part of model.stream(request, signal)) parts.push(part);
    return { parts, error: undefined };
  } catch (error) {
    return { parts, error };
  }
}

async function failureOf(model: LanguageModel, request: ModelRequest): Promise<ModelError> {
  const { error } = await outcomeOf(model, request);
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
}

function textOf(parts: ModelStreamPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function ends(parts: ModelStreamPart[]): string[] {
  return parts.flatMap((part) => (part.type === 'end' ? [part.reason] : []));
}

function lastUsage(parts: ModelStreamPart[]): ModelUsage | undefined {
  return parts.flatMap((part) => (part.type === 'usage' ? [part.usage] : [])).at(-1);
}

/** Everything that a logger could print of an error. */
function everythingIn(error: Error): string {
  return inspect(error, { depth: Infinity, showHidden: true });
}

/** The usage for aimock, in the format of each provider. */
function usageInAllSpellings(input: number, output: number) {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    input_tokens: input,
    output_tokens: output,
    promptTokenCount: input,
    candidatesTokenCount: output,
  };
}

const NEVER = new AbortController().signal;
const USAGE: ModelUsage = { inputTokens: 11, outputTokens: 7 };

const REQUEST: ModelRequest = {
  model: 'gpt-5-mini',
  system: 'You are terse.',
  messages: [{ role: 'user', content: 'hello' }],
  maxOutputTokens: 100,
  task: { name: 'test', metadata: { told: 'a fact for the OFFLINE model' } },
};

interface Outcome {
  parts: ModelStreamPart[];
  error: unknown;
}
