import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { detectInjection } from '../../../src/core/prompt-safety/detect-injection.ts';
import { agentOf } from '../../../src/modules/pipelines/agents/agents.ts';
import { checkDesign } from '../../../src/modules/designs/design.ts';
import { checkFilled } from '../../../src/modules/templates/filled-prompt.ts';
import { checkInputs, inputsFor } from '../../../src/modules/templates/inputs.ts';
import { reviewedTranslation } from '../../../src/modules/templates/starters/reviewed-translation.ts';
import {
  type Starter,
  STARTER_LANGUAGES,
  starterIn,
} from '../../../src/modules/templates/starters/starter.ts';
import { STARTERS, STARTERS_REVISION } from '../../../src/modules/templates/starters/starters.ts';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { makeTask } from '../../support/agent-task.ts';
import { type Account, testApp } from '../../support/app.ts';
import { decide, hasEnded, type Run, runWhen } from '../../support/runs.ts';

const app = testApp({ config: { offlineTokensPerSecond: 100_000 } });
const idOf = ({ id }: Starter) => encodeId('PipelineTemplate', id);

it('there are ten starters, each with its own id and names', () => {
  expect(STARTERS).toHaveLength(10);
  for (const of of [(one: Starter) => one.id, (one: Starter) => one.name.en, (one: Starter) => one.name.ko]) {
    expect(new Set(STARTERS.map(of)).size).toBe(STARTERS.length);
  }
});

it('a change of the starters raises their revision', () => {
  const digest = createHash('sha256').update(JSON.stringify(STARTERS)).digest('hex').slice(0, 16);
  expect({ revision: STARTERS_REVISION, digest }).toEqual({ revision: 3, digest: '83defe96bd8ad18b' });
});

describe.each(STARTERS.map((starter) => [starter.id, starter] as const))('%s', (_id, starter) => {
  const { design, inputs } = starterIn(starter, 'en');

  it('is valid, and its prompts pass the checks', () => {
    expect([...checkDesign(design), ...checkInputs(design, inputs), ...checkFilled(design, inputs)]).toEqual(
      [],
    );
    for (const { prompt } of design.steps) expect(detectInjection(prompt!)).toEqual([]);
  });

  it('declares the inputs that its prompts use, and no other', () => {
    const names = (of: { name: string }[]) => of.map(({ name }) => name).toSorted();
    expect(names(inputs)).toEqual(names(inputsFor(design)));
  });

  it.each(STARTER_LANGUAGES)('has all its words in the language %s', (language) => {
    const words = starterIn(starter, language);
    const texts = [
      words.name,
      words.description,
      ...words.inputs.flatMap(({ title, description, defaultValue }) => [title, description, defaultValue]),
      ...words.design.steps.flatMap(({ title, approval }) => [title, approval?.question]),
    ];
    const script = language === 'ko' ? /\p{Script=Hangul}|^\d+$/u : /^[^\p{Script=Hangul}]+$/u;
    for (const text of texts.filter((one) => one != null)) expect(text).toMatch(script);
  });

  it('passes on whole what its steps may write', () => {
    for (const step of design.steps) {
      const inputs = step.dependsOn.map((key) => {
        const { agent, title, maxOutputTokens } = design.steps.find((one) => one.key === key)!;
        return { key, title, agent, output: 'four'.repeat(Math.min(maxOutputTokens!, LONGEST / 4)) };
      });
      const { content } = agentOf(step.agent).buildRequest(makeTask({ step, inputs })).messages[0]!;
      expect([step.key, content.includes('characters left out')]).toEqual([step.key, false]);
    }
  });

  it('is found by its name in each language', async () => {
    const ann = await app.register();
    for (const language of STARTER_LANGUAGES) {
      const query = 'query ($search: String) { sharedTemplates(search: $search) { nodes { id } } }';
      const { data } = await app.graphql(query, { search: starter.name[language] }, ann);
      expect(data!['sharedTemplates']).toEqual({ nodes: [{ id: idOf(starter) }] });
    }
  });

  it('is estimated, and runs to its end once its approvals are granted', async () => {
    const ann = await app.register();
    const query = 'query ($id: ID!) { estimatePipeline(source: { templateId: $id }) { seconds } }';
    const { data } = await app.graphql<{ estimatePipeline: { seconds: number } }>(
      query,
      { id: idOf(starter) },
      ann,
    );
    expect(data!.estimatePipeline.seconds).toBeGreaterThan(0);
    const run = await runToEnd(ann, await start(ann, starter));
    expect(run).toMatchObject({ status: 'SUCCEEDED', report: expect.stringMatching(/\S/) });
    const asked = design.steps.filter(({ approval }) => approval !== null).map(({ key }) => key);
    expect(run.approvals.map(({ stepKey }) => stepKey)).toEqual(asked);
  });
});

it('a run of a starter has the titles, questions and defaults of the client’s language', async () => {
  const ann = await app.register();
  const headers = { 'accept-language': 'ko' };
  const id = await start({ ...ann, headers }, reviewedTranslation);
  const run = await runWhen(app, ann, id, (now) => pending(now) !== undefined);
  expect(pending(run)!.question).toBe('초벌 번역과 두 감수가 끝났습니다. 감수 결과대로 번역을 고칠까요?');
  const query =
    'query ($id: ID!) { execution(id: $id) { steps { title } design { steps { title prompt } } } }';
  const { data } = await app.graphql<{ execution: { steps: Titled[]; design: { steps: Titled[] } } }>(
    query,
    { id },
    ann,
  );
  const { steps, design } = data!.execution;
  expect(steps.map(({ title }) => title)).toEqual(reviewedTranslation.steps.map(({ title }) => title.ko));
  expect(design.steps).toMatchObject(steps);
  expect(design.steps[0]!.prompt).toContain('\n정해진 용어 없음\n');
  const saved = await app.mutate<{ template: { inputs: Titled[] } }>(
    'saveAsTemplate',
    { source: { executionId: id }, name: '우리 번역' },
    '... on SaveAsTemplateSuccess { template { inputs { title } } }',
    ann,
  );
  expect(saved.template.inputs[0]).toEqual({ title: '번역할 언어' });
});

async function start(account: { token: string; headers?: object }, starter: Starter): Promise<string> {
  const needed = starter.inputs.filter(({ defaultValue }) => defaultValue === null);
  const input = {
    source: { templateId: idOf(starter) },
    request: 'Ten lines about rain',
    templateInputs: needed.map(({ name }) => ({ name, value: 'rain' })),
  };
  const fields = '... on ExecutePipelineSuccess { execution { id } }';
  const started = await app.mutate<{ execution: { id: string } }>(
    'executePipeline',
    input,
    fields,
    account as never,
  );
  return started.execution.id;
}

async function runToEnd(account: Account, id: string): Promise<Run> {
  for (;;) {
    const run = await runWhen(app, account, id, (now) => hasEnded(now) || pending(now) !== undefined);
    if (hasEnded(run)) return run;
    await decide(app, account, pending(run)!.id, 'APPROVE');
  }
}

function pending({ approvals }: Run) {
  return approvals.find(({ status }) => status === 'PENDING');
}

/** Characters that a request of 20,000 Korean characters has in English. */
const LONGEST = 45_000;

interface Titled {
  title: string;
  prompt?: string;
}
