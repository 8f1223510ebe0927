import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ModelRequest, ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { CompatibleServers } from '../../src/core/llm/providers/openai-compatible.ts';
import { UsageMeter } from '../../src/modules/usage/usage-meter.ts';
import { chatChunk, chatEnd, chatEvent, compatibleServer } from '../support/compatible-server.ts';
import { ScriptedProvider, sendError, sendEvents } from '../support/scripted-provider.ts';

const FORBIDDEN = { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' };
const LITELLM =
  "litellm.UnsupportedParamsError: acme does not support parameters: ['stream_options'], for model=some-model. To drop these, set `litellm.drop_params=True`";

/** What a server does not take, how it says so, and a part of what it takes instead. */
const REFUSALS: [refused: string, status: number, answer: object, taken: object][] = [
  [
    'max_tokens',
    400,
    {
      error: {
        message:
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        code: 'unsupported_parameter',
      },
    },
    { max_completion_tokens: 99 },
  ],
  [
    'stream_options',
    400,
    { error: { message: 'Unrecognized request argument supplied: stream_options' } },
    { max_tokens: 99 },
  ],
  [
    'stream_options',
    422,
    { detail: [{ loc: ['body', 'stream_options'], ...FORBIDDEN }] },
    { max_tokens: 99 },
  ],
  [
    'stream_options',
    400,
    { object: 'error', message: `[{'loc': ('body', 'stream_options'), 'msg': '${FORBIDDEN.msg}'}]` },
    { max_tokens: 99 },
  ],
  ['stream_options', 400, { error: { message: LITELLM, type: 'None', code: '400' } }, { max_tokens: 99 }],
  [
    'stream_options',
    400,
    { error: "property 'stream_options' is invalid: invalid property" },
    { max_tokens: 99 },
  ],
  [
    'json_schema',
    400,
    { error: { message: 'This response_format type is unavailable now', type: 'invalid_request_error' } },
    { response_format: { type: 'json_object' } },
  ],
  [
    'response_format',
    422,
    { detail: [{ loc: ['body', 'response_format'], ...FORBIDDEN }] },
    { max_tokens: 99 },
  ],
];

const server = new ScriptedProvider();
beforeAll(() => server.start());
afterAll(() => server.stop());
afterEach(() => server.reset());

describe('a server that refuses a parameter', () => {
  it.each(REFUSALS)(
    '%s with %i %j is asked again, and from then on asked once',
    async (refused, status, answer, taken) => {
      refuse(refused, (response) => sendError(response, status, answer));
      const model = nextModel();
      expect(textOf(await ask(model))).toBe('fine');
      const tries = server.requests.length;
      expect(tries).toBeGreaterThan(1);

      expect(textOf(await ask(model))).toBe('fine');
      expect(server.requests).toHaveLength(tries + 1);
      const last = server.requests.at(-1)!.body;
      expect(last).toBe(server.requests.at(-2)!.body);
      expect(last).not.toContain(`"${refused}"`);
      expect(JSON.parse(last)).toMatchObject({ model, stream: true, ...taken });
    },
  );

  it('that knows schemas but not plain JSON gets an instruction in words only', async () => {
    const error = "'response_format.type' must be 'json_schema' or 'text'";
    refuse('json_object', (response) => sendError(response, 400, { error }));
    const model = nextModel();
    expect(textOf(await ask(model, { name: 'answer', schema: null }))).toBe('fine');
    expect(server.requests.map(({ body }) => body.includes('response_format'))).toEqual([true, false]);
  });

  it.each([
    [400, 'Failed to parse grammar'],
    [400, 'JSON schema conversion failed: Unrecognized schema: {"enum":[]}'],
    [400, 'The provided JSON schema contains features not supported by xgrammar.'],
    [422, 'Invalid schema: too many states'],
    [500, 'failed to create grammar'],
  ])('that cannot compile the schema is asked for any object: %i %s', async (status, message) => {
    refuse('json_schema', (response) => sendError(response, status, { error: { message } }));
    const model = nextModel();
    for (const tries of [2, 3]) {
      expect(textOf(await ask(model))).toBe('fine');
      expect(server.requests).toHaveLength(tries);
      expect(server.requests.at(-1)!.body).toContain('"response_format":{"type":"json_object"}');
    }
    const request = { ...REQUEST, model: `own/${model}` };
    expect(textOf(await Array.fromAsync(stream(request)))).toBe('fine');
    expect(server.requests.at(-1)!.body).not.toContain('response_format'); // a text has no form
  });

  it('that compiles no grammar at all gets an instruction in words only', async () => {
    const error = { code: 400, message: 'Failed to parse grammar', type: 'invalid_request_error' };
    refuse('response_format', (response) => sendError(response, 400, { error }));
    expect(textOf(await ask(nextModel()))).toBe('fine');
    expect(server.requests).toHaveLength(3);
  });

  it('that fails for another reason is asked once', async () => {
    refuse('model', (response) => sendError(response, 500, { error: 'unexpected end of the reasoning' }));
    await expect(ask(nextModel())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(server.requests).toHaveLength(1);
  });

  it('may refuse all of them, one after another', async () => {
    server.answer = (response, { body }) => {
      const refused = ['max_tokens', 'stream_options', 'response_format'].find((name) =>
        body.includes(`"${name}"`),
      );
      if (!refused) return sendEvents(response, chatChunk('fine'), chatEnd()).end();
      const message = `${refused} is not supported; max_completion_tokens is.`;
      return sendError(response, 400, { error: { message } });
    };
    expect(textOf(await ask(nextModel()))).toBe('fine');
    expect(Object.keys(JSON.parse(server.requests.at(-1)!.body) as object).toSorted()).toEqual([
      'max_completion_tokens',
      'messages',
      'model',
      'stream',
    ]);
  });

  it('is remembered for its model only', async () => {
    refuse('stream_options', (response) =>
      sendError(response, 400, { error: 'unknown field stream_options' }),
    );
    await ask(nextModel());
    const tries = server.requests.length;
    await ask(nextModel());
    expect(server.requests).toHaveLength(2 * tries);
  });

  it.each([
    LITELLM.replace('stream_options', 'reasoning_effort'),
    "Unsupported value: 'reasoning_effort' does not support 'low' with this model.",
    'Unrecognized request argument supplied: reasoning_effort',
    '"llama3.2:3b" does not support thinking',
    `invalid reasoning value: 'medium' (must be "high", "low", or "none")`,
    'think value "medium" is not supported for this model',
  ])('about thinking thinks as it does by itself: %s', async (message) => {
    refuse('reasoning_effort', (response) => sendError(response, 400, { error: { message } }));
    const name = nextModel();
    const request = { ...REQUEST, model: `own/${name}`, thinkingTokens: 200 };
    expect(textOf(await Array.fromAsync(stream(request)))).toBe('fine');
    const bodies = server.requests.map(({ body }) => JSON.parse(body) as object);
    expect(bodies[0]).toHaveProperty('reasoning_effort');
    expect(bodies[1]).not.toHaveProperty('reasoning_effort');
    expect(bodies[1]).toMatchObject({ max_tokens: 299 }); // the room stays
  });

  it('because of its value only is asked once', async () => {
    refuse('max_tokens', (response) =>
      sendError(response, 400, {
        error: { message: 'max_tokens is too large: 99. At most 50 are supported.' },
      }),
    );
    await expect(ask(nextModel())).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a model that has room for its thinking', () => {
  const thinker = (name: string) => {
    const client = new CompatibleServers([
      compatibleServer('own', server, { name, thinkingTokens: 200, contextTokens: 1_000 }),
    ]);
    const request = { ...REQUEST, model: `own/${name}`, thinkingTokens: 200 };
    return () => client.stream(request, new AbortController().signal);
  };
  const writing = (...events: string[]) => {
    server.answer = (response) => sendEvents(response, ...events).end();
  };

  it('never shows thinking without an opening', async () => {
    const ask = thinker(nextModel());
    writing(chatChunk('I should say'), chatChunk(' yes.</think>\n\nYes.'), chatEnd());
    for (let times = 0; times < 2; times++) expect(textOf(await Array.fromAsync(ask()))).toBe('Yes.');
  });

  it.each([
    ['its server sends thinking apart', [chatChunk(null, { delta: { reasoning: 'hm' } })], 1],
    ['it opens its thinking', [chatChunk('<think>hm</think>')], 1],
    ['a whole answer had none', [], 2],
  ])('is shown at once when %s', async (_sign, events, times) => {
    const ask = thinker(nextModel());
    writing(...events, chatChunk('whole'), chatEnd());
    for (let n = 1; n < times; n++) expect(textOf(await Array.fromAsync(ask()))).toBe('whole');
    server.answer = (response) => sendEvents(response, ...events, chatChunk('first'));
    for await (const part of ask()) if (part.type === 'text') return expect(part.text).toBe('first');
  });

  it('ends at its window when prompt and answer fill it, and at its limit else', async () => {
    const ask = thinker(nextModel());
    const usageOf = (prompt_tokens: number) =>
      chatEvent({ choices: [], usage: { prompt_tokens, completion_tokens: 299 } });
    for (const [prompt, reason] of [
      [701, 'window'],
      [500, 'length'],
    ] as const) {
      writing(chatChunk('word '.repeat(90)), usageOf(prompt), chatEnd('length'));
      expect((await Array.fromAsync(ask())).at(-1)).toEqual({ type: 'end', reason });
    }
  });
});

describe('the usage of an answer', () => {
  it('is the server’s where it tells it', async () => {
    server.answer = (response) => {
      const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
      sendEvents(response, chatChunk('fine'), chatChunk(null, { finish_reason: 'stop' }));
      sendEvents(response, chatEvent({ choices: [], usage }), 'data: [DONE]\n\n').end();
    };
    expect(await readingOf(nextModel())).toMatchObject({
      usage: { inputTokens: 12, outputTokens: 3 },
      estimated: false,
    });
  });

  it.each([
    ['refuses to tell it', undefined],
    ['tells zeros', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    ['tells nothing', null],
  ])('is estimated from what was sent and what arrived where the server %s', async (_what, usage) => {
    server.answer = (response, { body }) => {
      if (usage === undefined && body.includes('stream_options'))
        return sendError(response, 400, { error: { message: 'Unknown parameter: stream_options' } });
      sendEvents(response, chatChunk(null, { delta: { reasoning_content: 'Let me think about this.' } }));
      sendEvents(response, chatChunk('One two three four five.'), chatChunk(null, { finish_reason: 'stop' }));
      return sendEvents(response, chatEvent({ choices: [], usage }), 'data: [DONE]\n\n').end();
    };
    const reading = await readingOf(nextModel());
    expect(reading).toMatchObject({ estimated: true });
    expect(reading!.usage.inputTokens).toBeGreaterThanOrEqual(5); // "Please say hello to me."
    expect(reading!.usage.outputTokens).toBeGreaterThanOrEqual(10); // the thinking, too
    expect(reading!.usage.outputTokens).toBeLessThanOrEqual(14);
  });
});

/** Answers, but for requests that contain this word. */
function refuse(word: string, refusal: (response: Parameters<typeof sendError>[0]) => void): void {
  server.answer = (response, { body }) => {
    if (body.includes(`"${word}"`)) return refusal(response);
    return sendEvents(response, chatChunk('fine'), chatEnd()).end();
  };
}

let models = 0;

/** What is refused is remembered for a model, so that each test has its own. */
function nextModel(): string {
  return `model-${++models}`;
}

const OUTPUT: ModelRequest['output'] = { name: 'answer', schema: { type: 'object' } };

function ask(model: string, output: ModelRequest['output'] = OUTPUT): Promise<ModelStreamPart[]> {
  return Array.fromAsync(stream({ ...REQUEST, model: `own/${model}`, output }));
}

async function readingOf(model: string) {
  const request = { ...REQUEST, model: `own/${model}` };
  const meter = new UsageMeter(request);
  meter.start();
  for await (const part of stream(request)) meter.observe(part);
  return meter.read();
}

function stream(request: ModelRequest): AsyncIterable<ModelStreamPart> {
  const name = request.model.replace('own/', '');
  const client = new CompatibleServers([compatibleServer('own', server, { name })]);
  return client.stream(request, new AbortController().signal);
}

function textOf(parts: ModelStreamPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

const REQUEST: Omit<ModelRequest, 'model'> = {
  system: '',
  messages: [{ role: 'user', content: 'Please say hello to me.' }],
  maxOutputTokens: 99,
  task: { name: 'test', metadata: {} },
};
