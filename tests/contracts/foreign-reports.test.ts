import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelError, ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { ScriptedProvider, sendEvents } from '../support/scripted-provider.ts';
import { REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const WHOLE = 'A whole answer.';

/** Errors inside a stream, in forms that are no event of its protocol. */
describe.each(Object.values(DIALECTS))('an error in the stream of $name', (dialect) => {
  const provider = new ScriptedProvider();
  beforeAll(() => provider.start());
  afterAll(() => provider.stop());

  const answering = async (...events: string[]) => {
    provider.answer = (response) => sendEvents(response, ...events).end();
    const parts: ModelStreamPart[] = [];
    const model = dialect.create({ url: provider.url });
    try {
      for await (const part of model.stream(REQUEST, new AbortController().signal)) parts.push(part);
      return { parts, error: undefined };
    } catch (error) {
      return { parts, error };
    }
  };
  const answer = (...middle: string[]) => {
    const { connection, ending, endMarker, words } = dialect;
    return answering(...connection.opening(USAGE), ...middle, ...ending(words.stop[0]!, USAGE), ...endMarker);
  };

  it.each(REPORTS)('is AUTH with its words, once, as %j', async (report) => {
    const { error } = await answering(
      ...dialect.connection.opening(USAGE),
      dialect.connection.text('Half'),
      report,
    );
    expect(error).toMatchObject({ code: 'AUTH', retryable: false });
    expect((error as ModelError).message).toContain('bad key');
  });

  it.each([
    ['data: {"detail":"its own words"}\n\n'],
    ['data: {"detail":[{"loc":["body","model"],"msg":"its own words"}]}\n\n'],
    ['data: {"message":"its own words"}\n\n'],
    ['data: {"success":false,"msg":"its own words"}\n\n'],
    ['Its own words: its own words\n'],
  ])('is told in the words of %j where an end is missing', async (report) => {
    const { error } = await answering(...dialect.connection.opening(USAGE), report);
    expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    expect((error as ModelError).message).toContain('its own words');
  });

  it.each(['data: {"message":"bad key"}\n\ndata: [DONE]\n\n', 'upstream error: bad key'])(
    'is told when nothing else arrives: %j',
    async (events) => {
      const { error } = await answering(events);
      expect((error as ModelError).message).toContain('bad key');
    },
  );

  it.each([
    'data: {"message":"loading the model"}\n\n',
    'foo: bar\nloading the model\n\n',
    'data: {"success":true,"code":500,"message":"fine"}\n\n',
  ])('is not %j beside a whole answer', async (note) => {
    const { parts, error } = await answer(note, dialect.connection.text(WHOLE));
    expect(error).toBeUndefined();
    expect(textOf(parts)).toBe(WHOLE);
  });

  it.each([{}, { message: null, code: null }, { message: '' }])(
    'is not %j beside good text',
    async (error) => {
      const { text } = dialect.connection;
      const event = text(WHOLE).replace('data: {', `data: {"error":${JSON.stringify(error)},`);
      const outcome = await answer(event);
      expect(outcome.error).toBeUndefined();
      expect(textOf(outcome.parts)).toBe(WHOLE);
    },
  );
});

/** An error outside every protocol, and one whose code stands beside it. */
const REPORTS = [
  'error: {"code":401,"message":"bad key","type":"authentication_error"}\n\n',
  '{"error":{"code":401,"message":"bad key"}}\n',
  '{"error":{"code":401,"message":"bad key"}}',
  '{\n  "error": {\n    "code": 401,\n    "message": "bad key"\n  }\n}\n',
  'data: {"code":401,"message":"bad key"}\n\n',
  'data: {"success":false,"code":401,"message":"bad key"}\n\n',
  'data: {"code":"invalid_api_key","message":"bad key"}\n\n',
  'data: {"code":401,"error":{"message":"bad key"}}\n\n',
  'data: {"status":401,"error":"bad key"}\n\n',
  'data: {"http_code":401,"error":{"message":"bad key"}}\n\n',
  'data: {"statusCode":401,"message":"bad key"}\n\n',
  'data: {"status":"401 Unauthorized","error":{"message":"bad key"}}\n\n',
  'event: Error\ndata: {"code":401,"message":"bad key"}\n\n',
];

function textOf(parts: ModelStreamPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
