import { describe, expect, it } from 'vitest';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { itRefuses } from '../../support/refusals.ts';
import {
  createTemplate,
  readTemplate,
  templateFields,
  type TemplateResult,
} from '../../support/templates.ts';

const app = testApp({ config: { role: 'api' } });

const remove = (account: { token: string }, templateId: string) =>
  app.mutate<{ __typename: string; deletedId?: string }>(
    'deleteTemplate',
    { templateId },
    '... on DeleteTemplateSuccess { deletedId } ... on NotFoundError { message }',
    account,
  );

async function refusal(account: { token: string }, templateId: string): Promise<string> {
  const document = 'mutation ($input: DeleteTemplateInput!) { deleteTemplate(input: $input) { __typename } }';
  const { errors } = await app.graphql(document, { input: { templateId } }, account);
  return `${String(errors?.[0]?.extensions?.['code'])}: ${errors?.[0]?.message}`;
}

describe('deleteTemplate', () => {
  it('deletes the template, and keeps its runs and forks, which name it no longer', async () => {
    const ann = await app.register();
    const { id } = await createTemplate(app, ann);
    const { template: fork } = await app.mutate<TemplateResult>(
      'forkTemplate',
      { templateId: id },
      templateFields('forkTemplate'),
      ann,
    );
    const { execution } = await app.mutate<{ execution: { id: string } }>(
      'executePipeline',
      { source: { templateId: id }, request: 'It' },
      '... on ExecutePipelineSuccess { execution { id } }',
      ann,
    );
    const read = async () => {
      const query = 'query ($id: ID!) { execution(id: $id) { design { steps { key } } template { id } } }';
      return (await app.graphql(query, { id: execution.id }, ann)).data!['execution'];
    };
    expect(await read()).toMatchObject({ template: { id } });
    expect(await remove(ann, id)).toEqual({ __typename: 'DeleteTemplateSuccess', deletedId: id });
    expect(await readTemplate(app, ann, id)).toBeNull();
    expect(await readTemplate(app, ann, fork!.id)).toMatchObject({ forkedFrom: null });
    expect(await read()).toEqual({ design: { steps: [{ key: 'only' }] }, template: null });
    expect(await remove(ann, id)).toEqual({
      __typename: 'NotFoundError',
      message: 'The template was not found. Check the id, and that you can see it.',
    });
  });

  it('may come between the read and the write of a run or a fork', async () => {
    const ann = await app.register();
    const { prisma } = app.services.database;
    await prisma.user.update({ where: { id: rowId(ann.session.user.id) }, data: { plan: 'UNLIMITED' } });
    for (let round = 0; round < 10; round++) {
      const { id: templateId } = await createTemplate(app, ann);
      const answers = await Promise.all([
        ...[1, 2, 3].map(() => app.mutate('forkTemplate', { templateId }, '', ann)),
        remove(ann, templateId),
        ...[1, 2, 3].map(() =>
          app.mutate('executePipeline', { source: { templateId }, request: 'It' }, '', ann),
        ),
      ]);
      const others = answers.filter(({ __typename }) => !/Success$|^NotFoundError$/.test(__typename));
      expect(others).toEqual([]);
    }
  });

  it('lets an ADMIN delete any of the tenant, and records who did', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    for (const visibility of ['PRIVATE', 'SHARED']) {
      const { id } = await createTemplate(app, ann, { visibility });
      expect((await remove(admin, id)).__typename).toBe('DeleteTemplateSuccess');
      const where = { action: 'template.deleted', targetId: rowId(id) };
      expect(await app.services.database.prisma.auditEntry.findMany({ where })).toMatchObject([
        { actorId: rowId(admin.session.user.id), targetType: 'PipelineTemplate' },
      ]);
    }
  });

  it('lets nobody delete a shared template of another member, or a starter', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    const { id } = await createTemplate(app, admin, { visibility: 'SHARED' });
    expect(await refusal(ann, id)).toBe(
      'FORBIDDEN: The template belongs to another member. Its owner or an ADMIN can delete it.',
    );
    const starter = encodeId('PipelineTemplate', 'starter-competitor-digest');
    expect(await refusal(admin, starter)).toBe('FORBIDDEN: The template is built in. Nobody can delete it.');
    expect(await readTemplate(app, admin, starter)).toMatchObject({ id: starter });
  });

  itRefuses(app, 'deleteTemplate', {
    input: async (owner) => ({ templateId: (await createTemplate(app, owner)).id }),
    idField: { name: 'templateId', type: 'PipelineTemplate' },
  });
});
