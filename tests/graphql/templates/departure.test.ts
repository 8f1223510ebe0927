import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { rowId } from '../../support/ids.ts';
import {
  createTemplate,
  readTemplate,
  templateFields,
  type TemplateResult,
} from '../../support/templates.ts';

const app = testApp();

describe('the templates of a member who leaves', () => {
  it('become those of the ADMIN who removed the member', async () => {
    const admin = await app.register();
    const [ann, bob] = [await app.member(admin, 'USER'), await app.member(admin, 'USER')];
    const own = await createTemplate(app, ann);
    const shared = await createTemplate(app, ann, { visibility: 'SHARED' });
    await app.mutate('removeUser', { userId: ann.session.user.id }, '', admin);
    await eventually(async () => (await ownerOf(admin, own.id)) === admin.session.user.id);
    expect(await ownerOf(bob, shared.id)).toBe(admin.session.user.id);
    expect(await readTemplate(app, bob, own.id)).toBeNull();
  });

  it('are deleted with the account of who deletes it; forks of them stay', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    const { id } = await createTemplate(app, ann, { visibility: 'SHARED' });
    const { template: fork } = await app.mutate<TemplateResult>(
      'forkTemplate',
      { templateId: id },
      templateFields('forkTemplate'),
      admin,
    );
    await app.mutate('deleteAccount', { password: ann.password }, '', ann);
    await eventually(
      async () =>
        (await app.services.database.prisma.pipelineTemplate.count({ where: { id: rowId(id) } })) === 0,
    );
    expect(await readTemplate(app, admin, fork!.id)).toMatchObject({ id: fork!.id, forkedFrom: null });
  });

  it('are in the download of the account, and those of others are not', async () => {
    const admin = await app.register();
    const ann = await app.member(admin, 'USER');
    await createTemplate(app, admin, { visibility: 'SHARED' });
    const own = await createTemplate(app, ann, { name: 'Mine' });
    const response = await fetch(app.url('/account/export'), {
      headers: { authorization: `Bearer ${ann.token}` },
    });
    const { templates } = (await response.json()) as { templates: object[] };
    expect(templates).toMatchObject([{ id: rowId(own.id), name: 'Mine', version: 1 }]);
  });

  async function ownerOf(reader: Account, id: string): Promise<string | undefined> {
    return (await readTemplate(app, reader, id))?.owner?.id;
  }
});
