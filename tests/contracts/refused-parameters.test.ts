import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/core/llm/language-model.ts';
import { ScriptedProvider, sendError, sendEvents } from '../support/scripted-provider.ts';
import { FORM, REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const provider = new ScriptedProvider();
beforeAll(() => provider.start());
afterAll(() => provider.stop());
beforeEach(() => provider.reset());

const request: ModelRequest = { ...REQUEST, thinkingTokens: 2_000, output: { name: 'form', schema: FORM } };

/** The refused name as the body has it, the server's words, and what is asked for in its place. */
it.each<[keyof typeof DIALECTS, string, string, object]>([
  [
    'OPENAI_CHAT',
    'max_completion_tokens',
    'Unsupported parameter: max_completion_tokens',
    { max_tokens: 3_000 },
  ],
  ['OPENAI_CHAT', 'stream_options', 'body.stream_options: Extra inputs are not permitted', {}],
  [
    'OPENAI_CHAT',
    'json_schema',
    'response_format.type json_schema is unavailable',
    { response_format: { type: 'json_object' } },
  ],
  ['OPENAI_CHAT', 'response_format', 'response_format: unknown field', {}],
  ['OPENAI_CHAT', 'reasoning_effort', 'Unrecognized request argument supplied: reasoning_effort', {}],
  ['OPENAI', 'reasoning', "Unsupported parameter: 'reasoning.effort' is not supported with this model.", {}],
  [
    'OPENAI',
    'json_schema',
    "Invalid parameter: 'text.format' of type 'json_schema' is not supported with this model",
    { text: { format: { type: 'json_object' } } },
  ],
  ['OPENAI', 'format', 'text.format is not available here', {}],
  [
    'ANTHROPIC',
    'thinking',
    'thinking.type: adaptive thinking is not supported on this model',
    { output_config: { effort: 'low' } },
  ],
  [
    'ANTHROPIC',
    'effort',
    'This model does not support the effort parameter.',
    { output_config: { format: { type: 'json_schema' } } },
  ],
  ['ANTHROPIC', 'output_config', 'output_config: Extra inputs are not permitted', {}],
  [
    'GOOGLE',
    'thinkingConfig',
    'Thinking level is not supported for this model.',
    { generationConfig: { maxOutputTokens: 3_000 } },
  ],
])('a server of %s that refuses %s is asked again, and from then on asked once', async (...refusal) => {
  const [protocol, name, message, kept] = refusal;
  const dialect = DIALECTS[protocol];
  provider.answer = (response, { body }) => {
    if (body.includes(`"${name}"`)) return sendError(response, 400, { error: { message } });
    const { opening, text, closing } = dialect.connection;
    return sendEvents(response, ...opening(USAGE), text('fine'), ...closing('stop', USAGE)).end();
  };
  // what is refused is remembered for the model
  const ask = () => textOf(dialect, { ...request, model: `without-${name}` });

  expect(await ask()).toBe('fine');
  const tries = provider.requests.length;
  expect(tries).toBeGreaterThan(1);
  expect(JSON.parse(provider.requests.at(-1)!.body)).toMatchObject(kept);

  expect(await ask()).toBe('fine');
  expect(provider.requests).toHaveLength(tries + 1);
  expect(provider.requests.at(-1)!.body).toBe(provider.requests.at(-2)!.body);
});

it('a limit that is too large is no refusal: it is asked once, and the limit is never left out', async () => {
  provider.answer = (response) =>
    sendError(response, 400, { error: { message: 'max_completion_tokens is too large: at most 50' } });
  await expect(textOf(DIALECTS.OPENAI_CHAT, request)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  expect(provider.requests).toHaveLength(1);
});

async function textOf(dialect: (typeof DIALECTS)['OPENAI'], toSend: ModelRequest): Promise<string> {
  const model = dialect.create({ url: provider.url });
  let text = '';
  for await (const part of model.stream(toSend, new AbortController().signal))
    if (part.type === 'text') text += part.text;
  return text;
}
