import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ModelRouter } from '../../src/core/llm/model-router.ts';
import { openAi } from '../../src/core/llm/providers/openai.ts';
import { testApp } from '../support/app.ts';
import { design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { ScriptedProvider, sendError, sendEvents } from '../support/scripted-provider.ts';

const provider = await new ScriptedProvider().start();
const client = openAi.create({ apiKey: 'key', baseUrl: `${provider.url}/v1` });
const router = new ModelRouter({
  clients: new Map([['OPENAI', client]]),
  defaultProvider: 'OPENAI',
  defaultModel: 'gpt-5-mini',
});

/** Through the API, the worker and OpenAI's SDK, to a server that speaks the Responses API. */
describe('a run whose model thinks', () => {
  const app = testApp({ router });
  beforeEach(() => provider.reset());
  afterAll(() => provider.stop());

  const event = (type: string, body: object) => `data: ${JSON.stringify({ type, ...body })}\n\n`;
  const text = (delta: string) => event('response.output_text.delta', { delta });
  const incomplete = (output_tokens: number) =>
    event('response.incomplete', {
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        usage: { input_tokens: 100, output_tokens },
      },
    });
  const runOf = async (...events: string[]) => {
    provider.answer = (response) => sendEvents(response, ...events).end();
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'report', maxOutputTokens: 400 }));
    return runWhen(app, ann, id, hasEnded);
  };

  it('fails once, with the right advice, when thinking uses up the limit before any text', async () => {
    const run = await runOf(incomplete(4_496));
    expect(run).toMatchObject({ status: 'FAILED', steps: [{ attempts: 1 }], cost: '0.009017' });
    expect(run.error).toEqual({
      code: 'INVALID_OUTPUT',
      stepKey: 'report',
      message:
        'OpenAI returned no text: thinking used up the limit of output tokens. Raise maxOutputTokens, or choose a model that thinks less.',
    });
    expect(provider.requests).toHaveLength(1);
    expect(JSON.parse(provider.requests[0]!.body)).toMatchObject({ max_output_tokens: 400 + 4_096 });
  });

  it.each([
    [
      'thinking, when it left no room for the text',
      'Half of a',
      "The output of step report was cut at its limit of 400 tokens, most of which the model's thinking used up. Raise the limit, or choose a model that thinks less.",
    ],
    [
      'the limit, when the text had its room',
      'Rain falls. '.repeat(140),
      'The output of step report was cut at its limit of 400 tokens.',
    ],
  ])('has a notice that names the cause of a cut: %s', async (_what, written, message) => {
    const run = await runOf(text(written), incomplete(4_496));
    expect(run).toMatchObject({ status: 'SUCCEEDED', report: written });
    expect(run.notices).toEqual([{ code: 'OUTPUT_CUT', message, stepKey: 'report', source: null }]);
  });

  it('may write more than the limit of the text while it thinks less than its room', async () => {
    const usage = { input_tokens: 100, output_tokens: 600 };
    const run = await runOf(
      text('Rain falls. '.repeat(150)),
      event('response.completed', { response: { status: 'completed', usage } }),
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED', notices: [], cost: '0.001225' });
    expect(run.steps[0]!.usage).toEqual({ inputTokens: 100, outputTokens: 600 });
  });

  it('fails at once when the provider asks to wait longer than a minute', async () => {
    provider.answer = (response) => sendError(response, 429, {}, { 'retry-after': '3600' });
    const ann = await app.register();
    const run = await runWhen(app, ann, await startRun(app, ann, design({ key: 'report' })), hasEnded);
    expect(run).toMatchObject({ status: 'FAILED', steps: [{ attempts: 1 }], cost: '0' });
    expect(run.error).toMatchObject({ code: 'PROVIDER_ERROR' });
    expect(run.error!.message).toContain('It asks to wait 60 minutes.');
    expect(provider.requests).toHaveLength(1);
  });
});
