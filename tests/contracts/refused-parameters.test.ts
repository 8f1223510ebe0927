import type http from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/core/llm/language-model.ts';
import { sendAccepted } from '../../src/core/llm/wire/refused-parameters.ts';
import { ScriptedProvider, sendError, sendEvents } from '../support/scripted-provider.ts';
import { FORM, type ProviderDialect, REQUEST, USAGE } from './provider-dialect.ts';
import { DIALECTS } from './provider-dialects.ts';

const provider = new ScriptedProvider();
beforeAll(() => provider.start());
afterAll(() => provider.stop());
beforeEach(() => provider.reset());

const request: ModelRequest = {
  ...REQUEST,
  system: 'Be brief. '.repeat(300), // long enough to be cached
  thinkingTokens: 2_000,
  output: { name: 'form', schema: FORM },
};

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
  [
    'ANTHROPIC',
    'format',
    'output_config.format.schema: the compiled grammar is too large',
    { output_config: { effort: 'low' }, thinking: {} },
  ],
  ['ANTHROPIC', 'output_config', 'output_config: Extra inputs are not permitted', {}],
  [
    'GOOGLE',
    'thinkingConfig',
    'Thinking level is not supported for this model.',
    { generationConfig: { maxOutputTokens: 3_000 } },
  ],
  [
    'GOOGLE',
    'responseJsonSchema',
    `Invalid JSON payload received. Unknown name "responseJsonSchema" at 'generation_config': Cannot find field.`,
    { generationConfig: { responseMimeType: 'application/json' } },
  ],
  [
    'GOOGLE',
    'responseMimeType',
    'JSON mode is not enabled for models/without-responseMimeType',
    { generationConfig: { maxOutputTokens: 3_000 } },
  ],
  [
    'ANTHROPIC',
    'cache_control',
    'system.0.cache_control: Extra inputs are not permitted',
    { system: [{ type: 'text', text: 'Be brief. '.repeat(300) }, { type: 'text' }] },
  ],
  ['OPENAI', 'store', 'store: Extra inputs are not permitted', { max_output_tokens: 3_000 }],
])('a server of %s that refuses %s is asked again, and from then on asked once', async (...refusal) => {
  const [protocol, name, message, kept] = refusal;
  const dialect = DIALECTS[protocol];
  provider.answer = (response, { body }) => {
    if (body.includes(`"${name}"`)) return sendError(response, 400, { error: { message } });
    return answer(dialect, response);
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

describe.each(Object.entries(DIALECTS))('a model of %s that refuses JSON and thinking', (key, dialect) => {
  const model = `refuses-at-${key}`;
  const text: ModelRequest = { ...REQUEST, model };

  it('is asked for a text as if it had refused nothing', async () => {
    provider.answer = (response, { body }) =>
      OPTIONAL.test(body)
        ? sendError(response, 400, { error: { message: REFUSAL } })
        : answer(dialect, response);
    expect(await textOf(dialect, { ...request, model })).toBe('fine');
    provider.reset();
    expect(await textOf(dialect, text)).toBe('fine');
    expect(await textOf(dialect, { ...text, model: `${model}-new` })).toBe('fine');
    const [after, fresh] = provider.requests.map(({ body }) => JSON.parse(body) as { model?: string });
    expect({ ...after, model: '' }).toEqual({ ...fresh, model: '' });
    expect(provider.requests).toHaveLength(2);
  });
});

const OPTIONAL =
  /"(?:response_format|text|output_config|reasoning|thinking|thinkingConfig)":\{|"(?:responseMimeType|reasoning_effort)":"/;
const REFUSAL =
  'Unsupported: response_format, text.format, json_object, output_config.effort, responseMimeType, reasoning_effort, thinking';

it('what a slower call has not learned is not forgotten', async () => {
  const dialect = DIALECTS.OPENAI_CHAT;
  const model = 'slow-and-fast';
  const held = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<void>();
  provider.answer = async (response, { body }) => {
    const refused = ['stream_options', 'response_format'].find((name) => body.includes(`"${name}"`));
    if (refused) return sendError(response, 400, { error: { message: `Unknown parameter: ${refused}` } });
    if (body.includes('slowly')) {
      isHeld.resolve();
      await held.promise;
    }
    return answer(dialect, response);
  };
  const slow = textOf(dialect, { ...REQUEST, model, messages: [{ role: 'user', content: 'slowly' }] });
  await isHeld.promise;
  await textOf(dialect, { ...request, model });
  held.resolve();
  await slow;
  provider.reset();
  await textOf(dialect, { ...request, model });
  expect(provider.requests).toHaveLength(1);
});

it('a schema is still sent to a server that refuses JSON without one', async () => {
  const dialect = DIALECTS.OPENAI_CHAT;
  provider.answer = (response, { body }) =>
    body.includes('"json_object"')
      ? sendError(response, 400, { error: "'response_format.type' must be 'json_schema' or 'text'" })
      : answer(dialect, response);
  const model = 'schemas-only';
  await textOf(dialect, { ...request, model, output: { name: 'form', schema: null } });
  await textOf(dialect, { ...request, model });
  expect(provider.requests.at(-1)!.body).toContain('"json_schema"');
});

it('OpenAI itself is never asked to keep what it is sent', async () => {
  const bodies: unknown[] = [];
  const response = await sendAccepted(
    'https://api.openai.com/v1/responses',
    JSON.stringify({ model: 'some-model', store: false }),
    (body) => {
      bodies.push(body);
      return Promise.resolve(
        Response.json({ error: { message: 'Unsupported parameter: store' } }, { status: 400 }),
      );
    },
  );
  expect(response.status).toBe(400);
  expect(bodies).toHaveLength(1);
});

function answer(dialect: ProviderDialect, response: http.ServerResponse): unknown {
  const { opening, text, closing } = dialect.connection;
  return sendEvents(response, ...opening(USAGE), text('fine'), ...closing('stop', USAGE)).end();
}

async function textOf(dialect: ProviderDialect, toSend: ModelRequest): Promise<string> {
  const model = dialect.create({ url: provider.url });
  let text = '';
  for await (const part of model.stream(toSend, new AbortController().signal))
    if (part.type === 'text') text += part.text;
  return text;
}
