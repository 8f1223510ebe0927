import { describe, expect, it } from 'vitest';
import { type Starter } from '../../../src/modules/templates/starters/starter.ts';
import { STARTERS, STARTERS_REVISION } from '../../../src/modules/templates/starters/starters.ts';
import { storeStarters } from '../../../src/modules/templates/store-starters.ts';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { readTemplate, templateFields, type TemplateResult } from '../../support/templates.ts';

const app = testApp({ config: { role: 'api' } });
const [first, second, ...rest] = STARTERS as [Starter, Starter, ...Starter[]];
const renamed = { ...second, name: { en: 'Renamed', ko: '새 이름' } };
const added = { ...first, id: 'starter-added' } as const;

const stored = async () => {
  const where = { id: { startsWith: 'starter-' } };
  const rows = await app.services.database.prisma.pipelineTemplate.findMany({
    where,
    orderBy: { id: 'asc' },
  });
  return rows.map(({ id, name, version }) => [id, name, version]);
};
const rowsOf = (starters: Starter[], revision: number) =>
  starters.map(({ id, name }) => [id, name.en, revision]).toSorted(([a], [b]) => (a! < b! ? -1 : 1));

describe('the stored starters', () => {
  it('are those of the newest revision, whichever process starts last', async () => {
    expect(await stored()).toEqual(rowsOf([...STARTERS], STARTERS_REVISION));
    const ann = await app.register();
    const templateId = encodeId('PipelineTemplate', first.id);
    const { template: fork } = await app.mutate<TemplateResult>(
      'forkTemplate',
      { templateId },
      templateFields('forkTemplate'),
      ann,
    );

    const next = [renamed, added, ...rest];
    await storeStarters(app.services, next, STARTERS_REVISION + 1);
    const newest = await stored();
    expect(newest).toEqual(rowsOf(next, STARTERS_REVISION + 1));
    expect(await readTemplate(app, ann, templateId)).toBeNull();
    expect(await readTemplate(app, ann, fork!.id)).toMatchObject({ forkedFrom: null, design: fork!.design });

    await storeStarters(app.services); // a process of the revision before
    expect(await stored()).toEqual(newest);
  });

  it('are the same after processes of several revisions that start at once', async () => {
    const revisions = [12, 10, 11, 12, 10, 11];
    await Promise.all(
      revisions.map((revision) =>
        storeStarters(app.services, revision === 12 ? [renamed, ...rest] : STARTERS, revision),
      ),
    );
    expect(await stored()).toEqual(rowsOf([renamed, ...rest], 12));
  });

  it('of a newer revision speak their language to clients of a process that does not know it', async () => {
    await storeStarters(app.services, [renamed, ...rest], 20);
    const query = 'query ($id: ID!) { template(id: $id) { name } }';
    const id = encodeId('PipelineTemplate', renamed.id);
    const { data } = await app.graphql(
      query,
      { id },
      { ...(await app.register()), headers: { 'accept-language': 'ko' } },
    );
    expect(data!['template']).toEqual({ name: '새 이름' });
  });

  it('do not take the place of a template of a tenant', async () => {
    const ann = await app.register();
    const { prisma } = app.services.database;
    const { tenantId } = await prisma.user.findUniqueOrThrow({ where: { id: rowId(ann.session.user.id) } });
    const row = { id: 'starter-taken', tenantId, name: 'Own', description: '', design: {}, searchText: '' };
    await prisma.pipelineTemplate.create({ data: row });
    await storeStarters(app.services, [{ ...added, id: 'starter-taken' }], 30);
    expect(await stored()).toEqual([['starter-taken', 'Own', 1]]);
  });
});
