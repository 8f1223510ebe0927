import { describe, expect, it } from 'vitest';
import { createKey } from '../../support/api-keys.ts';
import { type Account, testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { itRefuses } from '../../support/refusals.ts';
import { design } from '../../support/runs.ts';
import {
  createTemplate,
  readTemplate,
  templateFields,
  type TemplateResult,
} from '../../support/templates.ts';

const app = testApp({ config: { role: 'api' } });
const FIELDS = `${templateFields('updateTemplate')}
  ... on ConflictError { reason current { ... on PipelineTemplate { id version name } } }`;
const TOPIC = { name: 'topic', title: 'Topic' };

const update = (account: { token: string }, input: object) =>
  app.mutate<TemplateResult>('updateTemplate', input, FIELDS, account);

describe('updateTemplate', () => {
  it('changes what is given, keeps the rest, and raises the version', async () => {
    const ann = await app.register();
    const { id: templateId } = await createTemplate(app, ann, { name: 'Old', description: 'About rain.' });
    const renamed = await update(ann, { templateId, expectedVersion: 1, name: 'New' });
    expect(renamed.template).toMatchObject({ name: 'New', description: 'About rain.', version: 2 });
    const changed = await update(ann, {
      templateId,
      expectedVersion: 2,
      description: '',
      design: design({ key: 'other', prompt: 'About {{topic}}.' }),
      inputs: [TOPIC],
      visibility: 'SHARED',
    });
    expect(changed.template).toMatchObject({
      name: 'New',
      description: '',
      version: 3,
      visibility: 'SHARED',
      inputs: [TOPIC],
      design: { steps: [{ key: 'other' }] },
    });
    expect(await readTemplate(app, ann, templateId)).toEqual(changed.template);
  });

  it('refuses a version that is not the current one, and gives the current template', async () => {
    const ann = await app.register();
    const { id: templateId } = await createTemplate(app, ann);
    await update(ann, { templateId, expectedVersion: 1, name: 'Newer' });
    for (const expectedVersion of [1, 3, -1]) {
      expect(await update(ann, { templateId, expectedVersion, name: 'Mine' })).toMatchObject({
        __typename: 'ConflictError',
        reason: 'STALE_VERSION',
        current: { id: templateId, version: 2, name: 'Newer' },
      });
    }
  });

  it('lets one of 50 concurrent updates of a version win', async () => {
    const ann = await app.register();
    const { id: templateId } = await createTemplate(app, ann);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        update(ann, { templateId, expectedVersion: 1, name: `Name ${n}` }),
      ),
    );
    const won = answers.filter(({ __typename }) => __typename === 'UpdateTemplateSuccess');
    const stale = answers.filter(({ __typename }) => __typename === 'ConflictError');
    expect([won.length, stale.length]).toEqual([1, 49]);
    expect(await readTemplate(app, ann, templateId)).toMatchObject({
      version: 2,
      name: won[0]!.template!.name,
    });
  });

  it('checks the new prompts against the inputs, also when only one of both changes', async () => {
    const ann = await app.register();
    const prompts = design({ key: 'only', prompt: 'About {{topic}}.' });
    const { id: templateId } = await createTemplate(app, ann, { design: prompts, inputs: [TOPIC] });
    const issues = async (changes: object) =>
      (await update(ann, { templateId, expectedVersion: 1, ...changes })).issues;
    const undeclared = [{ path: ['design', 'steps', '0', 'prompt'], code: 'UNKNOWN_VALUE' }];
    expect(await issues({ inputs: [] })).toEqual(undeclared);
    expect(await issues({ design: design({ key: 'only', prompt: 'For {{readers}}.' }) })).toEqual(undeclared);
    expect(await issues({ name: ' ' })).toEqual([{ path: ['name'], code: 'REQUIRED' }]);
    expect(await readTemplate(app, ann, templateId)).toMatchObject({ version: 1 });
  });

  it('checks only what changes: a template whose model is gone is renamed and withdrawn, but not given a new design', async () => {
    const ann = await app.register();
    const { id: templateId } = await createTemplate(app, ann, { visibility: 'SHARED' });
    const gone = { steps: [{ ...design({ key: 'only' }).steps[0], model: 'gone' }] };
    await app.services.database.prisma.pipelineTemplate.update({
      where: { id: rowId(templateId) },
      data: { design: gone },
    });
    const withdrawn = { templateId, expectedVersion: 1, name: 'Old', visibility: 'PRIVATE' };
    expect(await update(ann, withdrawn)).toMatchObject({ template: { name: 'Old', visibility: 'PRIVATE' } });
    expect(await update(ann, { templateId, expectedVersion: 2, inputs: [TOPIC] })).toMatchObject({
      template: { inputs: [TOPIC] },
    });
    expect(await update(ann, { templateId, expectedVersion: 3, design: gone })).toMatchObject({
      issues: [{ path: ['design', 'steps', '0', 'model'], code: 'UNKNOWN_VALUE' }],
    });
  });

  it('needs TEMPLATE_SHARE to share a template and to change a shared one, but not to withdraw it', async () => {
    const ann = await app.register();
    const key = await createKey(app, ann, { permissions: ['TEMPLATE_WRITE'] });
    const { id: templateId } = await createTemplate(app, ann);
    expect(await codeOf(key, { templateId, expectedVersion: 1, visibility: 'SHARED' })).toBe('FORBIDDEN');
    await update(ann, { templateId, expectedVersion: 1, visibility: 'SHARED' });
    expect(await codeOf(key, { templateId, expectedVersion: 2, name: 'Other' })).toBe('FORBIDDEN');
    expect(await update(key, { templateId, expectedVersion: 2, visibility: 'PRIVATE' })).toMatchObject({
      template: { visibility: 'PRIVATE', version: 3 },
    });
  });

  it('does not change a shared template of another member, or a starter', async () => {
    const ann: Account = await app.register();
    const bob = await app.member(ann, 'ADMIN');
    const { id } = await createTemplate(app, ann, { visibility: 'SHARED' });
    const { data } = await app.graphql<{ sharedTemplates: { nodes: { id: string; owner: null }[] } }>(
      '{ sharedTemplates { nodes { id owner { id } } } }',
      {},
      bob,
    );
    const starter = data!.sharedTemplates.nodes.find(({ owner }) => owner === null)!;
    for (const templateId of [id, starter.id]) {
      const [error] = await errorsOf(bob, { templateId, expectedVersion: 1, name: 'Mine' });
      expect(error).toMatchObject({
        message: expect.stringContaining('Fork it with forkTemplate'),
        extensions: { code: 'FORBIDDEN' },
      });
    }
  });

  itRefuses(app, 'updateTemplate', {
    input: async (owner) => ({
      templateId: (await createTemplate(app, owner)).id,
      expectedVersion: 1,
      name: 'Another',
    }),
    idField: { name: 'templateId', type: 'PipelineTemplate' },
  });

  async function codeOf(account: { token: string }, input: object): Promise<unknown> {
    return (await errorsOf(account, input))[0]?.extensions?.['code'];
  }

  async function errorsOf(account: { token: string }, input: object) {
    const document =
      'mutation ($input: UpdateTemplateInput!) { updateTemplate(input: $input) { __typename } }';
    return (await app.graphql(document, { input }, account)).errors ?? [];
  }
});
