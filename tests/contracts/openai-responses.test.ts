import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { openAi } from '../../src/core/llm/providers/openai.ts';
import { chatChunk } from '../support/compatible-server.ts';
import { ScriptedProvider, sendError, sendEvents } from '../support/scripted-provider.ts';
import { KEY, REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const provider = new ScriptedProvider();
beforeAll(() => provider.start());
afterAll(() => provider.stop());
beforeEach(() => provider.reset());

/** Each proxy of a test has a base URL of its own, because what it does not know is remembered. */
const proxy = (name: string) => openAi.create({ apiKey: KEY, baseUrl: `${provider.url}/${name}/v1` });
const event = (type: string, body: object) => `data: ${JSON.stringify({ type, ...body })}\n\n`;
const completed = (output: unknown[]) =>
  event('response.completed', {
    response: { status: 'completed', output, usage: { input_tokens: 11, output_tokens: 7 } },
  });

describe('an answer of the Responses API', () => {
  it('is read from the whole response when a server sends nothing else', async () => {
    provider.answer = (response) => {
      const content = [
        { type: 'output_text', text: 'It ' },
        { type: 'output_text', text: 'rains.' },
      ];
      const output = [
        { type: 'reasoning', summary: [] },
        { type: 'message', content },
      ];
      return sendEvents(response, completed(output)).end();
    };
    expect(await partsOf(proxy('whole'))).toEqual([
      { type: 'text', text: 'It ' },
      { type: 'text', text: 'rains.' },
      { type: 'usage', usage: USAGE },
      { type: 'end', reason: 'stop' },
    ]);
  });

  const piece = (delta: string, place: object = {}) =>
    event('response.output_text.delta', { delta, ...place });
  const done = (text: string, place: object = {}) => event('response.output_text.done', { text, ...place });
  const AT = { output_index: 0, content_index: 0 };
  const call = { type: 'function_call', name: 'f', arguments: '{}' };
  it.each([
    ['pieces without a place', [piece('It '), piece('rains.'), done('It rains.', AT)]],
    [
      'pieces of an item that is not the first',
      [piece('It rains.'), done('It rains.', { ...AT, output_index: 2 })],
    ],
    ['pieces with a place, the whole without', [piece('It rains.', AT), done('It rains.')]],
    [
      'a part without its index',
      [
        piece('It rains.', AT),
        event('response.content_part.done', { output_index: 0, part: textPart('It rains.') }),
      ],
    ],
    [
      'an item by its id only',
      [piece('It rains.', { item_id: 'm1' }), done('It rains.', { ...AT, output_index: 1, item_id: 'm1' })],
    ],
    [
      'items whose indices are all 0',
      [piece('It ', { item_id: 'm1', ...AT }), done('rains.', { item_id: 'm2', ...AT })],
    ],
    ['a whole that has more than its pieces', [piece('It ', AT), done('It rains.', AT)]],
    [
      'two contents without a place',
      [piece('It '), piece('rains.'), done('It ', AT), done('rains.', { ...AT, content_index: 1 })],
    ],
    [
      'a second message in an item',
      [piece('It ', AT), event('response.output_item.done', { output_index: 1, item: message('rains.') })],
    ],
    ['a second message in the whole response', [piece('It ', AT)], [message('It '), message('rains.')]],
    [
      'thinking in a part',
      [event('response.content_part.added', { ...AT, part: { type: 'reasoning', text: 'hm' } })],
      [{ type: 'reasoning', summary: [] }, message('It rains.')],
    ],
    ['chat completions', [chatChunk('It '), chatChunk('rains.')]],
    [
      'the whole response with other places',
      [piece('It rains.', { item_id: 'x', ...AT })],
      [call, message('It rains.')],
    ],
  ])('has each text once: %s', async (_what, events, output: unknown[] = []) => {
    provider.answer = (response) => sendEvents(response, ...events, completed(output)).end();
    const parts = await partsOf(proxy('texts'));
    expect(parts.map((part) => (part.type === 'text' ? part.text : '')).join('')).toBe('It rains.');
  });

  it.each([
    ['a call of a tool beside text', [message('I look it up.'), call]],
    ['a picture', [{ type: 'message', content: [textPart('See:'), { type: 'output_image' }] }]],
  ])('is not complete with %s', async (_what, output) => {
    provider.answer = (response) => sendEvents(response, completed(output)).end();
    expect((await partsOf(proxy('calls'))).at(-1)).toEqual({ type: 'end', reason: 'unknown' });
  });

  it('that calls a tool in place of a text is told once', async () => {
    provider.answer = (response) => sendEvents(response, completed([call])).end();
    await expect(partsOf(proxy('tools'))).rejects.toMatchObject({ code: 'TOOL_CALL', retryable: false });
  });

  const refusal = { type: 'refusal', refusal: 'I cannot help with that.' };
  it.each([
    [
      'in pieces',
      [
        event('response.refusal.delta', { output_index: 0, content_index: 0, delta: 'I cannot help ' }),
        event('response.refusal.delta', { output_index: 0, content_index: 0, delta: 'with that.' }),
        event('response.refusal.done', { output_index: 0, content_index: 0, refusal: refusal.refusal }),
      ],
    ],
    ['as a whole', [event('response.refusal.done', { output_index: 0, content_index: 0, ...refusal })]],
    ['as a part', [event('response.content_part.done', { output_index: 0, part: refusal })]],
    ['in the whole response only', []],
  ])('is refused with the model’s words, although it is completed: %s', async (_how, events) => {
    provider.answer = (response) =>
      sendEvents(response, ...events, completed([{ type: 'message', content: [refusal] }])).end();
    await expect(partsOf(proxy('refusals'))).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'OpenAI refused the content (completed): "I cannot help with that.". Rephrase it.',
    });
  });
});

describe('a proxy of OpenAI that does not know the Responses API', () => {
  it.each([404, 405, 501])(
    'is asked through chat completions, and at once from then on: %i',
    async (status) => {
      const { connection } = DIALECTS.OPENAI_CHAT;
      provider.answer = (response, { path }) => {
        if (!path.endsWith('/chat/completions')) return sendError(response, status, { detail: 'Not Found' });
        return sendEvents(response, connection.text('fine'), ...connection.closing('stop', USAGE)).end();
      };
      const ask = () => partsOf(proxy(`old-${status}`)); // each time a new client
      expect(await ask()).toContainEqual({ type: 'text', text: 'fine' });
      expect(await ask()).toContainEqual({ type: 'text', text: 'fine' });
      expect(provider.requests.map(({ path }) => path.split('/v1/')[1])).toEqual([
        'responses',
        'chat/completions',
        'chat/completions',
      ]);
    },
  );

  it.each([
    [400, { error: { message: 'Unknown request URL: POST /v1/responses' } }],
    [400, { error: { message: "Missing required parameter: 'messages'" } }],
    [400, { error: { message: 'Unrecognized request argument supplied: input' } }],
    [422, { detail: [{ loc: ['body', 'messages'], msg: 'Field required', type: 'missing' }] }],
  ])('may say so with %i %j', async (status, answer) => {
    const { connection } = DIALECTS.OPENAI_CHAT;
    provider.answer = (response, { path }) => {
      if (!path.endsWith('/chat/completions')) return sendError(response, status, answer);
      return sendEvents(response, connection.text('fine'), ...connection.closing('stop', USAGE)).end();
    };
    expect(await partsOf(proxy(`words-${JSON.stringify(answer).length}`))).toContainEqual({
      type: 'text',
      text: 'fine',
    });
  });

  it('is not meant by other words about the request', async () => {
    provider.answer = (response) =>
      sendError(response, 400, { error: { message: 'The input is too long for this model.' } });
    await expect(partsOf(proxy('too-long'))).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(provider.requests).toHaveLength(1);
  });

  it('is told its first words when it knows neither API', async () => {
    provider.answer = (response, { path }) =>
      path.endsWith('/responses')
        ? sendError(response, 404, { error: { message: 'no such model' } })
        : sendError(response, 405, { error: { message: 'no such method' } });
    await expect(partsOf(proxy('neither'))).rejects.toMatchObject({
      message: expect.stringContaining('no such model') as string,
    });
  });

  it('is not remembered while chat completions fail, too, e.g. because it has no such model', async () => {
    provider.answer = (response, { path }) => {
      const message = path.endsWith('/chat/completions') ? 'not a chat model' : 'no such model';
      return sendError(response, 404, { error: { message } });
    };
    for (let times = 0; times < 2; times++)
      await expect(partsOf(proxy('no-model'))).rejects.toMatchObject({
        code: 'BAD_REQUEST',
        message: expect.stringContaining('no such model') as string,
      });
    expect(provider.requests).toHaveLength(4);
  });

  it('is not asked twice for any other error', async () => {
    provider.answer = (response) => sendError(response, 503, {});
    await expect(partsOf(proxy('overloaded'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(provider.requests).toHaveLength(1);
  });
});

function textPart(text: string) {
  return { type: 'output_text', text };
}

function message(text: string) {
  return { type: 'message', content: [textPart(text)] };
}

async function partsOf(model: ReturnType<typeof proxy>): Promise<ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of model.stream(REQUEST, new AbortController().signal)) parts.push(part);
  return parts;
}
