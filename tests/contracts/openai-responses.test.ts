import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { openAi } from '../../src/core/llm/providers/openai.ts';
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
  it.each([404, 405])('is asked through chat completions, and at once from then on: %i', async (status) => {
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
  });

  it('is not remembered while chat completions fail, too, e.g. because it has no such model', async () => {
    provider.answer = (response) => sendError(response, 404, { error: { message: 'no such model' } });
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

async function partsOf(model: ReturnType<typeof proxy>): Promise<ModelStreamPart[]> {
  const parts: ModelStreamPart[] = [];
  for await (const part of model.stream(REQUEST, new AbortController().signal)) parts.push(part);
  return parts;
}
