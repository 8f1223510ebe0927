import { describe, expect, it } from 'vitest';
import { detectInjection } from '../../../src/core/prompt-safety/detect-injection.ts';
import { checkDesign, designSchema } from '../../../src/modules/designs/design.ts';
import { checkInputs, inputsFor, templateInputs } from '../../../src/modules/templates/inputs.ts';
import { type Starter, STARTER_LANGUAGES } from '../../../src/modules/templates/starters/starter.ts';
import { STARTERS } from '../../../src/modules/templates/starters/starters.ts';
import { starterWords } from '../../../src/modules/templates/words.ts';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
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

describe.each(STARTERS.map((starter) => [starter.id, starter] as const))('%s', (_id, starter) => {
  const design = designSchema.parse(starter.design);

  it('is valid, limits the output of each step, and its prompts pass the checks', () => {
    expect(checkDesign(design)).toEqual([]);
    for (const { prompt, maxOutputTokens } of design.steps) {
      expect(maxOutputTokens).not.toBeNull();
      expect(detectInjection(prompt!)).toEqual([]);
    }
  });

  it('declares the inputs that its prompts use, and no other', () => {
    const { inputs } = starterWords(starter, 'en');
    expect(checkInputs(design, inputs)).toEqual([]);
    expect(inputs.map(({ name }) => name).toSorted()).toEqual(
      inputsFor(design)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  it.each(STARTER_LANGUAGES)('has all its words in the language %s', (language) => {
    const { name, description, inputs } = starterWords(starter, language);
    const script = language === 'ko' ? /\p{Script=Hangul}/u : /^[^\p{Script=Hangul}]+$/u;
    expect(templateInputs.safeParse(inputs).success).toBe(true);
    const words = inputs.flatMap((input) => [input.title, input.description]);
    for (const text of [name, description, ...words]) expect(text).toMatch(script);
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
    const run = await runToEnd(ann, starter);
    expect(run).toMatchObject({ status: 'SUCCEEDED', report: expect.stringMatching(/\S/) });
    const asked = design.steps.filter(({ approval }) => approval !== null).map(({ key }) => key);
    expect(run.approvals.map(({ stepKey }) => stepKey)).toEqual(asked);
  });
});

async function runToEnd(account: Account, starter: Starter): Promise<Run> {
  const needed = starter.inputs.filter(({ defaultValue }) => defaultValue === null);
  const input = {
    source: { templateId: idOf(starter) },
    request: 'Ten lines about rain',
    templateInputs: needed.map(({ name }) => ({ name, value: 'rain' })),
  };
  const fields = '... on ExecutePipelineSuccess { execution { id } }';
  const started = await app.mutate<{ execution: { id: string } }>('executePipeline', input, fields, account);
  const { id } = started.execution;
  for (;;) {
    const run = await runWhen(app, account, id, (now) => hasEnded(now) || pending(now) !== undefined);
    if (hasEnded(run)) return run;
    await decide(app, account, pending(run)!.id, 'APPROVE');
  }
}

function pending({ approvals }: Run) {
  return approvals.find(({ status }) => status === 'PENDING');
}
