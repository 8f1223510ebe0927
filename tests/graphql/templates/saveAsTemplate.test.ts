import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { testApp } from '../../support/app.ts';
import { NEED, openConversation, readConversation, talk } from '../../support/conversations.ts';
import { itRefuses } from '../../support/refusals.ts';
import { design, startRun } from '../../support/runs.ts';
import { routerOf, ScriptedModel } from '../../support/scripted-model.ts';
import { createTemplate, templateFields, type TemplateResult } from '../../support/templates.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });

const save = (account: { token: string }, input: object) =>
  app.mutate<TemplateResult>('saveAsTemplate', input, templateFields('saveAsTemplate'), account);

describe('saveAsTemplate', () => {
  it('stores the design of a proposal', async () => {
    const ann = await app.register();
    const conversation = await openConversation(app, ann);
    await talk(app, ann, conversation, NEED);
    const [proposal] = (await readConversation(app, ann, conversation)).proposals;
    const { template } = await save(ann, { source: { proposalId: proposal!.id }, name: 'As proposed' });
    const { data } = await app.graphql<{ node: { design: object } }>(
      'query ($id: ID!) { node(id: $id) { ... on DesignProposal { design { steps { key prompt } } } } }',
      { id: proposal!.id },
      ann,
    );
    expect(template).toMatchObject({ name: 'As proposed', visibility: 'PRIVATE', design: data!.node.design });
  });

  it('stores the design of a run, whose placeholders become inputs', async () => {
    const ann = await app.register();
    const executionId = await startRun(app, ann, design({ key: 'only', prompt: 'About {{topic}}.' }));
    const saved = await save(ann, { source: { executionId }, name: 'As run', visibility: 'SHARED' });
    expect(saved.template).toMatchObject({
      visibility: 'SHARED',
      inputs: [{ name: 'topic', title: 'topic', defaultValue: null }],
      design: { steps: [{ key: 'only', prompt: 'About {{topic}}.' }] },
    });
  });

  it('stores what the template of a run was, without the values of the run', async () => {
    const ann = await app.register();
    const { id: templateId } = await createTemplate(app, ann, {
      design: design({ key: 'only', prompt: 'About {{topic}}.' }),
      inputs: [{ name: 'topic', title: 'Topic' }],
    });
    const { execution } = await app.mutate<{ execution: { id: string } }>(
      'executePipeline',
      { source: { templateId }, request: 'It', templateInputs: [{ name: 'topic', value: 'snow {{other}}' }] },
      '... on ExecutePipelineSuccess { execution { id } }',
      ann,
    );
    const { template } = await save(ann, { source: { executionId: execution.id }, name: 'Snow' });
    expect(template).toMatchObject({
      inputs: [{ name: 'topic', title: 'Topic', defaultValue: null }],
      design: { steps: [{ key: 'only', prompt: 'About {{topic}}.' }] },
    });
  });

  it('refuses placeholders that can be no inputs, and says what to do', async () => {
    const ann = await app.register();
    const executionId = await startRun(
      app,
      ann,
      design({ key: 'only', prompt: 'About {{Topic}} and {{주제}}.' }),
    );
    const fields = '... on ValidationError { issues { path code message } }';
    expect(
      await app.mutate('saveAsTemplate', { source: { executionId }, name: 'It' }, fields, ann),
    ).toMatchObject({
      issues: [
        { path: ['source'], code: 'NOT_ALLOWED', message: expect.stringContaining('{{Topic}}, {{주제}}') },
      ],
    });
  });

  it('makes one template for one idempotencyKey', async () => {
    const ann = await app.register();
    const executionId = await startRun(app, ann, design({ key: 'only' }));
    const input = { source: { executionId }, name: 'Once', idempotencyKey: 'k' };
    const [first, second] = [await save(ann, input), await save(ann, input)];
    expect(second.template!.id).toBe(first.template!.id);
  });

  it('refuses a blank name', async () => {
    const ann = await app.register();
    const executionId = await startRun(app, ann, design({ key: 'only' }));
    const refused = await save(ann, { source: { executionId }, name: '\u200b' });
    expect(refused).toMatchObject({ issues: [{ path: ['name'], code: 'REQUIRED' }] });
  });

  it('gives NotFoundError alike for what is missing and what is another’s', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    const own = await startRun(app, ann, design({ key: 'only' }));
    const missing = encodeId('PipelineExecution', randomUUID());
    const answers = [];
    for (const [account, executionId] of [
      [ann, missing],
      [ann, 'no id'],
      [admin, own],
      [await app.register(), own],
    ] as const) {
      answers.push(await save(account, { source: { executionId }, name: 'Mine' }));
    }
    expect(answers[0]).toMatchObject({ __typename: 'NotFoundError' });
    expect(answers).toEqual(Array<unknown>(4).fill(answers[0]));
    const proposalId = encodeId('DesignProposal', randomUUID());
    expect((await save(ann, { source: { proposalId }, name: 'Mine' })).__typename).toBe('NotFoundError');
  });

  itRefuses(app, 'saveAsTemplate', {
    input: async (owner) => {
      const executionId = await startRun(app, owner, design({ key: 'only' }));
      return { source: { executionId }, name: 'Any' };
    },
  });
});
