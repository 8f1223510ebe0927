import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { compatibleModels } from '../../../src/core/llm/compatible-models.ts';
import { STRATEGIES } from '../../../src/modules/discussion/engine/proposal.ts';
import { testApp } from '../../support/app.ts';
import { chatChunk, chatEnd, chatEvent, compatibleServer } from '../../support/compatible-server.ts';
import { NEED, openConversation, readConversation, talk } from '../../support/conversations.ts';
import { rowId } from '../../support/ids.ts';
import { design, hasEnded, runWhen, startRun } from '../../support/runs.ts';
import { ScriptedProvider, sendError, sendEvents } from '../../support/scripted-provider.ts';
import { CRITIQUE_ANSWER, designAnswer } from '../../support/structured-models.ts';

const local = await new ScriptedProvider().start();
const gateway = await new ScriptedProvider().start();

describe('models of the operator’s own servers', () => {
  const compatibleServers = [
    compatibleServer('local', local, { name: 'llama3.2:3b', contextTokens: 8_192 }),
    compatibleServer('gateway', gateway, {
      apiKey: 'sk-canary-gateway',
      name: 'acme/large',
      inputUsdPerMTok: '0.5',
      outputUsdPerMTok: '2.25',
    }),
  ];
  const app = testApp({
    config: {
      compatibleServers,
      prices: compatibleModels(compatibleServers),
      defaultProvider: 'OPENAI_COMPATIBLE',
      defaultModel: 'gateway/acme/large',
    },
  });
  beforeEach(() => {
    for (const server of [local, gateway]) server.reset();
  });
  afterAll(() => Promise.all([local.stop(), gateway.stop()]));

  it('are listed with the operator’s prices', async () => {
    const { data } = await app.graphql<{ models: Record<string, unknown>[] }>(
      '{ models { provider name contextTokens inputUsdPerMTok outputUsdPerMTok available isDefault } }',
      {},
      await app.register(),
    );
    expect(data!.models.filter(({ provider }) => provider === 'OPENAI_COMPATIBLE')).toEqual([
      {
        provider: 'OPENAI_COMPATIBLE',
        name: 'local/llama3.2:3b',
        contextTokens: 8_192,
        inputUsdPerMTok: '0',
        outputUsdPerMTok: '0',
        available: true,
        isDefault: false,
      },
      {
        provider: 'OPENAI_COMPATIBLE',
        name: 'gateway/acme/large',
        contextTokens: null,
        inputUsdPerMTok: '0.5',
        outputUsdPerMTok: '2.25',
        available: true,
        isDefault: true,
      },
    ]);
  });

  it('write the steps that name them and those that name none, at their prices', async () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 400, total_tokens: 1_400 };
    for (const server of [local, gateway])
      server.answer = (response) =>
        sendEvents(response, chatChunk('It rains.'), chatEvent({ choices: [], usage }), chatEnd()).end();
    const ann = await app.register();
    const steps = design(
      { key: 'draft', provider: 'OPENAI_COMPATIBLE', model: 'local/llama3.2:3b' },
      { key: 'report', dependsOn: ['draft'] },
    );
    const id = await startRun(app, ann, steps);
    const run = await runWhen(app, ann, id, hasEnded);

    expect(run).toMatchObject({ status: 'SUCCEEDED', report: 'It rains.', cost: '0.0014' });
    expect(sentModels(local)).toEqual(['llama3.2:3b']);
    expect(sentModels(gateway)).toEqual(['acme/large']);
    expect(await ledgerOf(id)).toEqual([
      { ...entry('draft', 'local/llama3.2:3b'), inputTokens: 1_000, outputTokens: 400, costMicros: 0n },
      { ...entry('report', 'gateway/acme/large'), inputTokens: 1_000, outputTokens: 400, costMicros: 1_400n },
    ]);
    const { data } = await app.graphql<{ usageHistory: { byModel: unknown[] }[] }>(
      '{ usageHistory(days: 1) { byModel { provider model cost } } }',
      {},
      ann,
    );
    expect(data!.usageHistory[0]!.byModel).toEqual([
      { provider: 'OPENAI_COMPATIBLE', model: 'gateway/acme/large', cost: '0.0014' },
      { provider: 'OPENAI_COMPATIBLE', model: 'local/llama3.2:3b', cost: '0' },
    ]);
  });

  it('are billed by an estimate, which is marked, where the server tells no usage', async () => {
    gateway.answer = (response, { body }) =>
      body.includes('stream_options')
        ? sendError(response, 400, { error: { message: 'Unknown parameter: stream_options' } })
        : sendEvents(response, chatChunk('One two three four five.'), chatEnd()).end();
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'report' }));
    expect(await runWhen(app, ann, id, hasEnded)).toMatchObject({ status: 'SUCCEEDED' });

    const [booked, ...more] = await ledgerOf(id);
    expect(more).toEqual([]);
    expect(booked).toMatchObject({
      ...entry('report', 'gateway/acme/large'),
      estimated: true,
      outputTokens: 6,
    });
    expect(booked!.inputTokens).toBeGreaterThan(20); // the agent's instructions
    const costMicros = Math.ceil(booked!.inputTokens * 0.5 + booked!.outputTokens * 2.25);
    expect(booked!.costMicros).toBe(BigInt(costMicros));
  });

  it('design in a discussion, also on a server that knows no form of JSON, and only with models that exist', async () => {
    gateway.answer = (response, { body }) => {
      if (body.includes('"response_format"'))
        return sendError(response, 422, {
          detail: [{ loc: ['body', 'response_format'], msg: 'not permitted' }],
        });
      const told = chatEvent({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 400 } });
      const text = `Here it is:\n${discussionAnswer(body)}`;
      return sendEvents(response, chatChunk(text), told, chatEnd()).end();
    };
    const ann = await app.register();
    const id = await openConversation(app, ann);
    expect(await talk(app, ann, id, NEED)).toMatchObject({ status: 'COMPLETE', notices: [] });

    const { proposals } = await readConversation(app, ann, id);
    expect(proposals.map(({ source, critique }) => [source, critique.source])).toEqual(
      STRATEGIES.map(() => ['MODEL', 'MODEL']),
    );
    const models = new Set(proposals.flatMap(({ design: { steps } }) => steps.map(({ model }) => model)));
    expect(models).toEqual(new Set(['local/llama3.2:3b', 'gateway/acme/large']));
    const offered =
      '- gateway/acme/large: $0.5 in, $2.25 out, per million tokens\\n- local/llama3.2:3b: $0 in';
    expect(gateway.requests.some(({ body }) => body.includes(offered))).toBe(true);
  });

  it('are refused in a design without the name of their server, with what to write', async () => {
    const ann = await app.register();
    const steps = design({ key: 'report', provider: 'OPENAI_COMPATIBLE', model: 'llama3.2:3b' });
    await expect(startRun(app, ann, steps)).rejects.toThrow('use `local/llama3.2:3b` of OPENAI_COMPATIBLE');
  });

  it('tell their failure in the run without their key, which is in no log either', async () => {
    gateway.answer = (response) =>
      sendError(response, 401, { error: { message: 'Invalid token sk-canary-gateway' } });
    const ann = await app.register();
    const id = await startRun(app, ann, design({ key: 'report' }));
    const run = await runWhen(app, ann, id, hasEnded);
    expect(run.status).toBe('FAILED');
    expect(run.error?.message).toMatch(/gateway rejected the key/);
    expect(gateway.requests[0]?.headers.authorization).toBe('Bearer sk-canary-gateway');
    expect(JSON.stringify([run, app.logs])).not.toContain('sk-canary');
  });

  /** Without the rows' ids and times. */
  function ledgerOf(id: string) {
    return app.services.database.prisma.ledgerEntry.findMany({
      where: { executionId: rowId(id) },
      orderBy: { at: 'asc' },
      select: {
        stepKey: true,
        provider: true,
        model: true,
        inputTokens: true,
        outputTokens: true,
        costMicros: true,
        priceVersion: true,
        estimated: true,
      },
    });
  }
});

/** Tells the tasks apart by their instructions. The collectors use another model than the reporter, who names one that does not exist. */
function discussionAnswer(body: string): string {
  const strategy = STRATEGIES.find((one) => body.includes(`strategy of this design is ${one}`));
  if (strategy) {
    const { steps, ...rest } = designAnswer(strategy, { model: 'local/llama3.2:3b' });
    const named = steps.map((step) => (step.key === 'report' ? { ...step, model: 'acme/large' } : step));
    return JSON.stringify({ ...rest, steps: named });
  }
  if (body.includes('Judge the design')) return JSON.stringify(CRITIQUE_ANSWER);
  return JSON.stringify({ intents: ['DESCRIBE'], isClear: true, memory: {} });
}

function entry(stepKey: string, model: string) {
  return {
    stepKey,
    provider: 'OPENAI_COMPATIBLE',
    model,
    priceVersion: 'OPENAI_COMPATIBLE_SERVERS',
    estimated: false,
  };
}

function sentModels({ requests }: ScriptedProvider): unknown[] {
  return requests.map(({ body }) => (JSON.parse(body) as { model: string }).model);
}
