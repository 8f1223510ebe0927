import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keyring } from '../../src/core/keyring/keyring.ts';
import { rotateKeys } from '../../src/modules/llm/keys/rotation.ts';
import { EXPORT_PATH } from '../../src/transport/http/account-export.ts';
import { type Account, testApp, type TestApp } from '../support/app.ts';
import { placesOf } from '../support/canaries.ts';
import { eventually } from '../support/eventually.ts';
import { LLM_KEY, saveKey } from '../support/llm-keys.ts';
import { testRedis } from '../support/redis.ts';
import { decide, design, hasEnded, readLog, readRun, runWhen, startRun, statusOf } from '../support/runs.ts';
import {
  type ReceivedRequest,
  ScriptedProvider,
  sendError,
  sendEvents,
} from '../support/scripted-provider.ts';

const CANARY = 'sk-good-canary-Zq7Xw3Rt9Yp2Lk5Vb8Nm4Hc6';
const OTHER = 'sk-other-canary-Mv2Ks8Wd4Fj6Gh1Qp3Zx7Cb5';
const redis = testRedis();
const server = new ScriptedProvider();
const hosts: string[] = [];
let held: (() => void)[] = [];

/** A server that speaks OpenAI's chat protocol, and repeats the key in what it answers wherever it can. */
server.answer = (response, request: ReceivedRequest) => {
  const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
  if (request.path.endsWith('/models')) return sendError(response, 200, { data: [] });
  if (request.path.endsWith('/responses'))
    return sendError(response, 404, { error: { message: 'Not found' } });
  if (request.body.includes('to-fail')) {
    const message = `Incorrect API key provided: ${key}, in full ${JSON.stringify(request.headers)}`;
    return sendError(response, 401, { error: { code: 'invalid_api_key', message } }, { 'x-key': key });
  }
  sendEvents(response, event({ choices: [{ index: 0, delta: { content: 'Rain falls.' } }] }));
  const end = () => {
    const usage = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };
    const last = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage };
    sendEvents(response, event(last), 'data: [DONE]\n\n').end();
  };
  if (request.body.includes('to-cancel')) held.push(end);
  else end();
};

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

beforeAll(async () => {
  await server.start();
  hosts.push(new URL(server.url).host);
});
afterAll(async () => {
  for (const end of held) end();
  held = [];
  await server.stop();
});

describe('a stored key', () => {
  const [old, current] = [randomBytes(32), randomBytes(32)];
  const app = testApp({
    config: {
      encryptionKey: current,
      oldEncryptionKeys: [old],
      allowedPrivateHosts: hosts,
      redisUrl: redis?.url ?? null,
    },
  });

  it('is used in runs that succeed, fail, wait and are cancelled, and is found nowhere', async () => {
    const published = redis ? await recordPublished(redis.url) : null;
    const ann = await app.register();
    const baseUrl = `${server.url}/v1`;
    await saveKey(app, ann, { key: OTHER, baseUrl });
    const { llmKey } = await saveKey(app, ann, { key: CANARY, baseUrl });
    const step = (key: string, more: object = {}) => ({
      key,
      provider: 'OPENAI',
      model: 'gpt-4.1-mini',
      ...more,
    });

    const answers = [
      await runOf(
        app,
        ann,
        design(step('to-succeed'), step('asks', { approval: {}, dependsOn: ['to-succeed'] })),
      ),
      await runOf(app, ann, design(step('to-fail'))),
      await runOf(app, ann, design(step('to-cancel'))),
    ];
    expect(answers.map(({ status }) => status)).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED']);
    const keys = server.requests.map(({ headers }) => headers.authorization);
    expect(keys.filter((key) => key === `Bearer ${CANARY}`).length).toBeGreaterThan(5);

    const failed = await app.mutate(
      'validateLlmKey',
      { llmKeyId: llmKey.id },
      `... on ValidateLlmKeySuccess { llmKey ${LLM_KEY} }`,
      ann,
    );
    const listed = await app.graphql(
      `{ llmKeys ${LLM_KEY} models { name available } auditLog(first: 50) { nodes { action detail } } }`,
      {},
      ann,
    );
    expect(listed.errors).toBeUndefined();
    const headers = { authorization: `Bearer ${ann.token}` };
    const rest = await Promise.all(
      [EXPORT_PATH, '/health', '/ready'].map(async (path) =>
        (await fetch(app.url(path), { headers })).text(),
      ),
    );
    for (const secret of [CANARY, OTHER]) {
      expect(await placesOf(app, [secret])).toEqual([]);
      expect(JSON.stringify([answers, failed, listed.data, rest])).not.toContain(secret);
      if (redis) expect(await dumpOf(redis.url)).not.toContain(secret);
      expect(published?.texts.join('\n') ?? '').not.toContain(secret);
    }
    expect(published?.texts.length ?? 1).toBeGreaterThan(0);
    published?.end();
  });

  it('is used by runs without a failure while it is sealed anew, again and again', async () => {
    const ann = await app.register();
    await saveKey(app, ann, { key: CANARY, baseUrl: `${server.url}/v1` });
    const rings = [new Keyring({ current: old, old: [current] }), new Keyring({ current, old: [old] })];
    let isOver = false;
    let resealed = 0;
    const rotation = (async () => {
      for (let n = 0; !isOver || resealed < 4; n++)
        resealed += (await rotateKeys(app.services.database, rings[n % 2]!)).resealed;
    })();
    const step = (key: string) => ({ key, provider: 'OPENAI', model: 'gpt-4.1-mini' });
    const steps = design(step('a'), step('b'), { ...step('c'), dependsOn: ['a', 'b'] });
    const runs = await Promise.all([1, 2].map(() => runOf(app, ann, steps))).finally(() => (isOver = true));
    await rotation;
    expect(runs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(runs.flatMap(({ run }) => run.steps.map(({ attempts }) => attempts))).toEqual(Array(6).fill(1));
  });
});

async function runOf(app: TestApp, account: Account, steps: ReturnType<typeof design>) {
  const id = await startRun(app, account, steps);
  const [{ key } = { key: '' }] = steps.steps;
  if (key === 'to-succeed') {
    const waiting = await runWhen(app, account, id, (run) => run.status === 'WAITING_FOR_APPROVAL');
    await decide(app, account, waiting.approvals[0]!.id, 'APPROVE');
  }
  if (key === 'to-cancel') {
    await runWhen(app, account, id, (run) => statusOf(run, key) === 'RUNNING');
    await eventually(() => held.length > 0);
    await app.mutate('cancelExecution', { executionId: id }, '', account);
  }
  const { status } = await runWhen(app, account, id, hasEnded);
  return { status, run: await readRun(app, account, id), log: await readLog(app, account, id) };
}

/** Whatever any client publishes, until it ends. */
async function recordPublished(url: string): Promise<{ texts: string[]; end: () => void }> {
  const client = new Redis(url);
  const texts: string[] = [];
  client.on('pmessage', (_pattern, channel: string, text: string) => texts.push(`${channel} ${text}`));
  await client.psubscribe('*');
  return { texts, end: () => client.disconnect() };
}

/** All keys with their serialized values. */
async function dumpOf(url: string): Promise<string> {
  const client = new Redis(url);
  try {
    const names = await client.keys('*');
    const values = await Promise.all(names.map((name) => client.dumpBuffer(name)));
    return names.map((name, index) => `${name} ${values[index]?.toString('latin1')}`).join('\n');
  } finally {
    client.disconnect();
  }
}
