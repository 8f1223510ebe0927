import { describe, expect, it } from 'vitest';
import { estimateInputTokens, worstCaseInputTokens } from '../../../../../src/core/llm/tokens.ts';
import { AGENT_KIND_NAMES, AGENT_KINDS } from '../../../../../src/modules/designs/agent-kinds.ts';
import { type Step, stepSchema } from '../../../../../src/modules/designs/design.ts';
import type { AgentRequest, AgentTask } from '../../../../../src/modules/pipelines/agents/agent.ts';
import { agentOf } from '../../../../../src/modules/pipelines/agents/agents.ts';
import { largestRequest } from '../../../../../src/modules/pipelines/agents/largest-request.ts';
import { makeTask } from '../../../../support/agent-task.ts';
import { seededRandom } from '../../../../support/seeded-random.ts';

describe('the largest request of a step', () => {
  it.each(AGENT_KIND_NAMES)('is no smaller than any request of a %s', (agent) => {
    const random = seededRandom(AGENT_KIND_NAMES.indexOf(agent));
    for (let n = 0; n < 60; n++) {
      const { task, steps } = randomTask(agent, random);
      const actual = agentOf(agent).buildRequest(task);
      const largest = largestRequest(steps.at(-1)!, { ...task, steps });
      expect(worst(actual), `task ${n}`).toBeLessThanOrEqual(worst(largest));
    }
  });

  it('counts a context in the form that is sent, also one that is cut by less than its mark', () => {
    const steps = stepsFor('CUSTOM', 0);
    const around = JSON.stringify({ text: '' }, null, 1).length;
    for (const text of [...LONGER_COMPOSED.map((one) => one.repeat(3_000)), 'x'.repeat(16_001 - around)]) {
      const task = makeTask({ step: steps[0]!, context: { text } });
      const actual = worst(agentOf('CUSTOM').buildRequest(task));
      expect(worst(largestRequest(steps[0]!, { ...task, steps }))).toBeGreaterThanOrEqual(actual);
    }
  });

  it('is little larger than that of a step which reads and collects its maximum', () => {
    const wide = (count: number) => '\u{1F6B2}'.repeat(count);
    const steps = stepsFor('COLLECTOR', 3);
    const task = makeTask({
      step: { ...steps.at(-1)!, prompt: null },
      request: wide(20_000),
      context: { text: wide(20_000) },
      inputs: steps.slice(0, 3).map((step) => ({ ...step, output: wide(40_000) })),
      collected: Array.from({ length: 20 }, () => ({
        title: '\u{1F6B2}'.repeat(300),
        url: '한'.repeat(1_000),
        text: wide(20_000),
        error: null,
        findings: ['any'],
      })),
    });
    const largest = largestRequest(task.step, { ...task, steps });
    expect(worst(largest) - worst(agentOf('COLLECTOR').buildRequest(task))).toBeLessThan(2_000); // of 500,000
  });

  it('takes a prompt as it is, but for one that a person or a template’s input can change', () => {
    const of = (change: Partial<Step>) => {
      const steps = [stepSchema.parse({ key: 'a', agent: 'CUSTOM', title: 'A', prompt: 'Do it', ...change })];
      return worst(largestRequest(steps[0]!, { steps, request: 'It', context: null }));
    };
    const fixed = of({});
    expect(of({ prompt: 'Do it at once' })).toBe(fixed + ' at once'.length);
    expect(of({ prompt: 'Do {{it}}' })).toBeGreaterThan(fixed + 31_900);
    const approval = {
      timing: 'BEFORE_STEP',
      question: null,
      timeoutSeconds: null,
      onReject: 'FAIL',
    } as const;
    expect(of({ approval })).toBeGreaterThan(fixed + 31_900);
  });
});

describe('the usual input of an agent, for estimates', () => {
  it.each(AGENT_KIND_NAMES.filter((kind) => kind !== 'COLLECTOR'))('is that of a %s', (agent) => {
    const request = agentOf(agent).buildRequest(makeTask({ step: { agent, title: 'T' }, request: '' }));
    const tokens = estimateInputTokens({ ...request, ...MODEL });
    expect(Math.abs(AGENT_KINDS[agent].usualInputTokens / tokens - 1)).toBeLessThan(0.1);
  });
});

/** Their composed form (NFC) has more bytes. */
const LONGER_COMPOSED = ['\u{1D160}', '\uFB2C', '\u0344'];

const MODEL = { model: 'any', maxOutputTokens: 1 };

function worst(request: AgentRequest): number {
  return worstCaseInputTokens({ ...request, ...MODEL });
}

/** The last step depends on all others. */
function stepsFor(agent: Step['agent'], inputs: number): Step[] {
  const keys = Array.from({ length: inputs }, (_, n) => `s${n}`);
  return [...keys, 'last'].map((key, n) =>
    stepSchema.parse({ key, agent, title: `Step ${key}`, dependsOn: n === inputs ? keys : [] }),
  );
}

/** A task whose texts are short, long, or about as long as what agents cut, in narrow and in wide characters. */
function randomTask(agent: Step['agent'], random: () => number): { task: AgentTask; steps: Step[] } {
  const upTo = (count: number) => Math.floor(random() * (count + 1));
  const pick = <Item>(items: readonly Item[]) => items[upTo(items.length - 1)]!;
  const text = (about: number) =>
    pick([
      'x',
      'я',
      '한',
      '한'.normalize('NFD'),
      '\uFFFF',
      '\u{1F6B2}',
      '\n',
      '"',
      ...LONGER_COMPOSED,
    ]).repeat(pick([0, 1, about / 3, about, about * 2]) + upTo(3));
  const steps = stepsFor(agent, upTo(29));
  const step = { ...steps.at(-1)!, prompt: text(8_000).slice(0, 8_000) };
  steps.splice(-1, 1, step);
  const collected = Array.from({ length: upTo(20) }, () => ({
    title: pick([null, '\u{1F6B2}'.repeat(upTo(300))]),
    url: pick([null, text(1_000).slice(0, 1_000)]),
    text: pick([null, text(20_000)]),
    error: pick([null, 'It could not be read. '.repeat(10)]),
    findings: pick([[], ['any', 'other']]),
  }));
  const task = makeTask({
    step,
    request: text(20_000),
    context: pick([null, { language: 'ko-KR', text: text(16_000) }, { [text(16_000)]: 1 }]),
    inputs: steps
      .slice(0, -1)
      .map((input) => ({ ...input, output: pick([null, text(64_000), text(2_000)]) })),
    ...(agentOf(agent).collect && { collected }),
  });
  return { task, steps };
}
