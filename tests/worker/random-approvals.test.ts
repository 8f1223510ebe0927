import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel, ModelRequest, ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { ancestors } from '../../src/modules/designs/order.ts';
import type { Account, TestApp } from '../support/app.ts';
import { decideOn, hashOfSubject, openRequests, type Request } from '../support/approvals.ts';
import { type TestInstances, testInstances } from '../support/instances.ts';
import { textsIn, type StreamEvent } from '../support/readers.ts';
import { hasEnded, readLog, readRun, type Run, startRun } from '../support/runs.ts';
import { routerOf } from '../support/scripted-model.ts';
import { seededRandom } from '../support/seeded-random.ts';

/**
 * Random designs with approvals of both timings, and people who approve, edit, send back, reject, decide twice, let
 * requests expire and cancel, while the worker is restarted. `APPROVAL_SEEDS=100` runs more of them.
 */
const SEEDS = Number(process.env['APPROVAL_SEEDS'] ?? 14);

/** Writes another text at each call, and remembers what it was asked. */
class CountingModel implements LanguageModel {
  readonly requests = new Map<string, ModelRequest[]>();

  async *stream(request: ModelRequest): AsyncGenerator<ModelStreamPart> {
    const title = request.task.metadata?.['title'] as string;
    const earlier = this.requests.get(title) ?? [];
    this.requests.set(title, [...earlier, request]);
    yield { type: 'text', text: `${title} wrote ` };
    await new Promise((resolve) => setImmediate(resolve));
    yield { type: 'text', text: `text ${earlier.length + 1}.\n  ` };
    yield { type: 'usage', usage: { inputTokens: 10, outputTokens: 10 } };
    yield { type: 'end', reason: 'stop' };
  }

  lastPrompt(title: string): string {
    return this.requests
      .get(title)!
      .at(-1)!
      .messages.map(({ content }) => content)
      .join('\n');
  }
}

const model = new CountingModel();

describe('runs with random approvals, decisions and restarts', () => {
  const instances = testInstances({ router: routerOf(model) });
  const outcomes: Outcome[] = [];
  let app: TestApp;

  beforeAll(async () => {
    app = await instances.start({ role: 'api' });
    const restarts = restartWorkers(instances);
    const seeds = Array.from({ length: SEEDS }, (_, seed) => seed + 1);
    try {
      outcomes.push(...(await Promise.all(seeds.map((seed) => playRun(app, seed)))));
    } finally {
      await restarts.stop();
    }
  }, 120_000);

  it('end, each once', () => {
    for (const { seed, run, log } of outcomes) {
      expect(hasEnded(run), `seed ${seed}`).toBe(true);
      expect(log.filter(({ __typename }) => __typename === 'ExecutionEndedEvent')).toEqual([log.at(-1)]);
      expect(run.approvals.filter(({ status }) => status === 'PENDING')).toEqual([]);
    }
  });

  it('keep or run exactly what was approved', () => {
    for (const outcome of outcomes) {
      for (const step of succeeded(outcome)) {
        const approved = requestsOf(outcome, step.key).filter(({ status }) => status === 'APPROVED');
        if (!approval(outcome, step.key)) continue;
        expect(approved, `seed ${outcome.seed} step ${step.key}`).toHaveLength(1);
        const { timing, subject, editedOutput, editedPrompt } = approved[0]!;
        if (timing === 'AFTER_STEP') expect(step.output).toBe(editedOutput ?? subject.output);
        else expectRan(outcome, step.key, editedPrompt ?? subject.prompt!, subject.inputs);
      }
    }
  });

  it('show what goes into a step and what comes out of it, whole, under its hash', () => {
    for (const outcome of outcomes) {
      for (const { subject, stepKey } of outcome.requests) {
        expect(subject.hash).toBe(hashOfSubject(subject));
        for (const input of subject.inputs) {
          const { status, output } = outcome.run.steps.find(({ key }) => key === input.stepKey)!;
          expect(input.output, `seed ${outcome.seed} step ${stepKey}`).toBe(
            status === 'SKIPPED' ? '' : output,
          );
        }
      }
    }
  });

  it('ask in rounds, of which all but the last were sent back', () => {
    for (const outcome of outcomes) {
      for (const { key } of outcome.run.steps) {
        const asked = requestsOf(outcome, key);
        expect(asked.map(({ round }) => round)).toEqual(asked.map((_, index) => index + 1));
        expect(asked.length).toBeLessThanOrEqual(5);
        expect(asked.slice(0, -1).every(({ status }) => status === 'REVISED')).toBe(true);
        const drafts = asked.map(({ subject }) => subject.output).filter((draft) => draft !== null);
        expect(new Set(drafts).size).toBe(drafts.length);
      }
    }
  });

  it('end or go on after a rejection as the design says', () => {
    for (const outcome of outcomes) {
      for (const { stepKey, status } of outcome.requests) {
        if (status !== 'REJECTED' && status !== 'EXPIRED') continue;
        const step = outcome.run.steps.find(({ key }) => key === stepKey)!;
        const isSkipped = approval(outcome, stepKey)!.onReject === 'SKIP';
        // A run that ends for another reason carries no further decision out.
        expect([isSkipped ? 'SKIPPED' : 'FAILED', 'CANCELLED']).toContain(step.status);
        expect(step.output).toBeNull();
        if (!isSkipped) expect(outcome.run.status).not.toBe('SUCCEEDED');
      }
    }
  });

  it('tell a step and those after it what was said, and report the last output', () => {
    for (const outcome of outcomes) {
      const { run, steps, requests } = outcome;
      for (const { key, title } of steps) {
        if (statusIn(run, key) !== 'SUCCEEDED') continue;
        const before = ancestors(steps, key);
        const said = requests.filter(
          ({ stepKey, status, comment }) => comment && before.has(stepKey) && DECIDED.has(status),
        );
        for (const { comment } of said) expect(model.lastPrompt(title)).toContain(`\n${comment}\n`);
      }
      const last = run.steps.at(-1)!;
      if (run.status === 'SUCCEEDED' && last.status === 'SUCCEEDED') expect(run.report).toBe(last.output);
    }
  });

  it('stream the texts that are kept', () => {
    for (const outcome of outcomes) {
      const texts = textsIn(outcome.log as StreamEvent[]);
      for (const { key, output } of outcome.run.steps)
        expect(texts[key] || null, `seed ${outcome.seed} step ${key}`).toBe(output);
    }
  });

  it('have met every kind of decision and end', () => {
    const statuses = new Set(outcomes.flatMap(({ requests }) => requests.map(({ status }) => status)));
    expect([...statuses].sort()).toEqual(['APPROVED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'REVISED']);
    expect(outcomes.some(({ requests }) => requests.some((one) => one.editedOutput !== null))).toBe(true);
    expect(outcomes.some(({ requests }) => requests.some((one) => one.editedPrompt !== null))).toBe(true);
    expect(new Set(outcomes.map(({ run }) => run.status))).toEqual(
      new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']),
    );
  });

  function expectRan(outcome: Outcome, key: string, prompt: string, inputs: Request['subject']['inputs']) {
    const sent = model.lastPrompt(`${outcome.seed}-${key}`);
    expect(sent).toContain(`Title: ${outcome.seed}-${key}\n\n${prompt}\n</data-`);
    for (const { title, output } of inputs)
      expect(sent).toContain(
        `Title: ${title}\n\n${output || 'This step was skipped. It has no output.'}\n</data-`,
      );
  }
});

/** Starts a run of a random design and decides what it asks until it ends. */
async function playRun(app: TestApp, seed: number): Promise<Outcome> {
  const random = seededRandom(seed);
  const account = await app.register();
  const steps = randomSteps(seed, random);
  const id = await startRun(app, account, { steps });
  const isCancelled = random() < 0.15;
  let run = await readRun(app, account, id);
  for (let turn = 1; !hasEnded(run); turn++) {
    for (const request of await openRequests(app, account, id)) {
      const { timeoutSeconds } = steps.find(({ key }) => key === request.stepKey)!.approval!;
      if (timeoutSeconds !== undefined) continue; // nobody decides in time
      if (isCancelled) await app.mutate('cancelExecution', { executionId: id }, '', account);
      else await decideAtRandom(app, account, request, random);
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
    run = await readRun(app, account, id);
    if (turn > 1_000) throw new Error(`seed ${seed} does not end: ${JSON.stringify(run)}`);
  }
  const requests = await openRequests(app, account, id, null);
  return { seed, steps, run, requests, log: await readLog(app, account, id) };
}

async function decideAtRandom(app: TestApp, account: Account, request: Request, random: () => number) {
  const isAfter = request.timing === 'AFTER_STEP';
  const comment = random() < 0.5 ? `Remark ${request.stepKey} ${request.round} ${random()}` : undefined;
  const kind = random();
  if (kind < 0.1) {
    const other = { ...request, subject: { ...request.subject, hash: '0'.repeat(64) } };
    const { __typename } = await decideOn(app, account, other, 'APPROVE');
    expect(['ConflictError', 'AlreadyDecidedError']).toContain(__typename);
  } else if (kind < 0.2) {
    await decideOn(app, account, request, 'REJECT', { comment });
  } else if (kind < 0.5 && isAfter && request.round < 5) {
    await decideOn(app, account, request, 'REVISE', { comment: comment ?? `Again ${random()}` });
  } else if (kind < 0.75) {
    const text = `Edited ${random()}  \n\n“by hand”`;
    const edits = isAfter ? { output: text } : { prompt: text };
    await decideOn(app, account, request, 'APPROVE', { comment, edits });
  } else {
    const both = await Promise.all([
      decideOn(app, account, request, 'APPROVE', { comment }),
      decideOn(app, account, request, 'APPROVE', { comment }),
    ]);
    // None, when the run has ended meanwhile.
    const won = both.filter(({ __typename }) => __typename === 'DecideApprovalSuccess');
    const lost = both.filter(({ __typename }) => __typename === 'AlreadyDecidedError');
    expect([won.length <= 1, won.length + lost.length]).toEqual([true, 2]);
  }
}

/** Two to five steps; each depends on some of those before it, the last one on all that would end beside it. */
function randomSteps(seed: number, random: () => number): RandomStep[] {
  const count = 2 + Math.floor(random() * 4);
  const keys = Array.from({ length: count }, (_, index) => `s${index}`);
  const steps: RandomStep[] = keys.map((key, index) => ({
    key,
    agent: 'CUSTOM',
    title: `${seed}-${key}`,
    prompt: `Write about ${key}.`,
    dependsOn: keys.slice(0, index).filter(() => random() < 0.5),
    approval: random() < 0.7 ? randomApproval(random) : null,
  }));
  const needed = new Set(steps.flatMap(({ dependsOn }) => dependsOn));
  const last = steps.at(-1)!;
  last.dependsOn = keys.slice(0, -1).filter((key) => last.dependsOn.includes(key) || !needed.has(key));
  return steps;
}

function randomApproval(random: () => number): RandomStep['approval'] {
  const timing = random() < 0.6 ? 'AFTER_STEP' : 'BEFORE_STEP';
  const onReject = random() < 0.6 ? 'SKIP' : 'FAIL';
  return random() < 0.12 ? { timing, onReject, timeoutSeconds: 1 } : { timing, onReject };
}

/** A worker that is replaced by another again and again. */
function restartWorkers(instances: TestInstances) {
  let isStopping = false;
  const loop = (async () => {
    let workers = [await instances.start({ role: 'worker' })];
    while (!isStopping) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      workers = [...workers, await instances.start({ role: 'worker' })];
      await workers.shift()!.close();
    }
    for (const worker of workers) await worker.close();
  })();
  return {
    async stop() {
      isStopping = true;
      await loop;
    },
  };
}

function succeeded({ run }: Outcome): Run['steps'] {
  return run.steps.filter(({ status }) => status === 'SUCCEEDED');
}

function requestsOf({ requests }: Outcome, key: string): Request[] {
  return requests.filter(({ stepKey }) => stepKey === key);
}

function approval({ steps }: Outcome, key: string): RandomStep['approval'] {
  return steps.find((step) => step.key === key)!.approval;
}

function statusIn(run: Run, key: string): string {
  return run.steps.find((step) => step.key === key)!.status;
}

const DECIDED = new Set(['APPROVED', 'REJECTED', 'REVISED']);

interface Outcome {
  seed: number;
  steps: RandomStep[];
  run: Run;
  requests: Request[];
  log: Awaited<ReturnType<typeof readLog>>;
}

interface RandomStep {
  key: string;
  agent: string;
  title: string;
  prompt: string;
  dependsOn: string[];
  approval: {
    timing: 'BEFORE_STEP' | 'AFTER_STEP';
    onReject: 'FAIL' | 'SKIP';
    timeoutSeconds?: number;
  } | null;
}
