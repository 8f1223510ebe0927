import { describe, expect, it } from 'vitest';
import { ModelError, type ModelErrorCode } from '../../src/core/llm/language-model.ts';
import { ModelRouter } from '../../src/core/llm/model-router.ts';
import type { ProviderName } from '../../src/core/llm/providers/registry.ts';
import type { KeyHolder } from '../../src/kernel/context.ts';
import { testApp } from '../support/app.ts';
import { rowId } from '../support/ids.ts';
import { design, hasEnded, readLog, runWhen, startRun } from '../support/runs.ts';
import { ScriptedModel } from '../support/scripted-model.ts';

const [primary, fallback] = [new ScriptedModel(), new ScriptedModel()];
const router = new ModelRouter<KeyHolder>({
  clients: new Map<ProviderName, ScriptedModel>([
    ['OPENAI', primary],
    ['OFFLINE', fallback],
  ]),
  defaultProvider: 'OPENAI',
  fallbacks: [{ provider: 'OFFLINE' }],
  breaker: { failuresToOpen: Infinity },
});
const app = testApp({ router });
const WORDS = ['One ', 'two ', 'three ', 'four '];

async function run(stepKey: string) {
  const ann = await app.register();
  await app.services.database.prisma.user.update({
    where: { id: rowId(ann.session.user.id) },
    data: { plan: 'UNLIMITED' },
  });
  const id = await startRun(app, ann, design({ key: stepKey }));
  const ended = await runWhen(app, ann, id, hasEnded);
  const log = await readLog(app, ann, id);
  const ledger = await app.services.database.prisma.ledgerEntry.findMany({
    where: { executionId: rowId(id) },
    orderBy: { at: 'asc' },
  });
  return { ended, log, ledger };
}

describe('failover', () => {
  it.each([0, 1, 2, 3, 4])('discards what had arrived when the stream breaks after %d words', async (k) => {
    const key = `breaks-${k}`;
    primary.answer(key, {
      text: WORDS.slice(0, k).join(''),
      failure: new ModelError('TRUNCATED', 'It broke.'),
    });
    fallback.answer(key, 'Written by the other one.');
    const { ended, log, ledger } = await run(key);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', report: 'Written by the other one.' });
    expect(ended.steps[0]).toMatchObject({ attempts: 2, output: 'Written by the other one.' });
    expect([primary.timesCalled(key), fallback.timesCalled(key)]).toEqual([1, 1]);

    const discarded = log.findIndex((event) => event.__typename === 'AttemptDiscardedEvent');
    expect(log[discarded]).toMatchObject({ attempt: 1 });
    const textOf = (events: typeof log) =>
      events.map((event) => (event.__typename === 'AgentTokenEvent' ? event['text'] : '')).join('');
    expect(textOf(log.slice(0, discarded))).toBe(WORDS.slice(0, k).join(''));
    expect(textOf(log.slice(discarded))).toBe('Written by the other one.');

    // What broke off was sent, and is charged as far as it came; each attempt has its own entry.
    expect(ledger.map(({ provider }) => provider)).toEqual(['OPENAI', 'OFFLINE']);
    expect(ledger[0]).toMatchObject({ estimated: true });
  });

  it.each<[ModelErrorCode, number]>([
    ['AUTH', 1],
    ['UNAVAILABLE', 1],
    ['RATE_LIMITED', 1],
    ['TIMEOUT', 1],
    ['BAD_REQUEST', 0],
    ['REFUSED', 0],
  ])('after %s: %d calls of the fallback', async (code, times) => {
    const key = code.toLowerCase();
    primary.answer(key, { text: '', failure: new ModelError(code, 'It failed.') });
    const { ended } = await run(key);
    expect([primary.timesCalled(key), fallback.timesCalled(key)]).toEqual([1, times]);
    expect(ended.status).toBe(times > 0 ? 'SUCCEEDED' : 'FAILED');
  });

  it('ends after three attempts when both fail', async () => {
    const failure = new ModelError('UNAVAILABLE', 'It is down.');
    primary.answer('both', { text: 'A ', failure });
    fallback.answer('both', { text: 'B ', failure });
    const { ended } = await run('both');
    expect(ended).toMatchObject({ status: 'FAILED', steps: [{ attempts: 3 }] });
    expect([primary.timesCalled('both'), fallback.timesCalled('both')]).toEqual([2, 1]);
  });
});
