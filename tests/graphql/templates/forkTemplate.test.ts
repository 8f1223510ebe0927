import { describe, expect, it } from 'vitest';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { testApp } from '../../support/app.ts';
import { itRefuses } from '../../support/refusals.ts';
import { design } from '../../support/runs.ts';
import {
  createTemplate,
  readTemplate,
  templateFields,
  type TemplateResult,
} from '../../support/templates.ts';

const app = testApp({ config: { role: 'api' } });
const STARTER = encodeId('PipelineTemplate', 'starter-competitor-digest');

const fork = (account: { token: string }, input: object, headers = {}) =>
  app.mutate<TemplateResult>('forkTemplate', input, templateFields('forkTemplate'), { ...account, headers });

describe('forkTemplate', () => {
  it('copies a shared template, names its origin and counts', async () => {
    const ann = await app.register();
    const bob = await app.member(ann, 'USER');
    const origin = await createTemplate(app, ann, {
      description: 'About rain.',
      visibility: 'SHARED',
      design: design({ key: 'only', prompt: 'About {{topic}}.' }),
      inputs: [{ name: 'topic', title: 'Topic' }],
    });
    const { template: copy } = await fork(bob, { templateId: origin.id });
    expect(copy).toEqual({
      ...origin,
      id: copy!.id,
      visibility: 'PRIVATE',
      owner: { id: bob.session.user.id },
      forkedFrom: { id: origin.id },
    });
    const { template: named } = await fork(bob, { templateId: copy!.id, name: 'Mine' });
    expect(named).toMatchObject({ name: 'Mine', forkedFrom: { id: copy!.id } });
    expect(await readTemplate(app, ann, origin.id)).toEqual({ ...origin, forkCount: 1 });
  });

  it('counts each fork once, also concurrent ones and repeated requests', async () => {
    const ann = await app.register();
    const { id: templateId } = await createTemplate(app, ann);
    await Promise.all(Array.from({ length: 10 }, () => fork(ann, { templateId })));
    const repeated = await Promise.all(
      Array.from({ length: 5 }, () => fork(ann, { templateId, idempotencyKey: 'once' })),
    );
    expect(new Set(repeated.map(({ template }) => template!.id)).size).toBe(1);
    expect(await readTemplate(app, ann, templateId)).toMatchObject({ forkCount: 11, version: 1 });
    expect((await fork(ann, { templateId, name: 'Else', idempotencyKey: 'once' })).__typename).toBe(
      'ConflictError',
    );
  });

  it('of a starter is counted in the own tenant only, as long as it is there', async () => {
    const [ann, stranger] = [await app.register(), await app.register()];
    const count = async (account: { token: string }) =>
      (await readTemplate(app, account, STARTER))!.forkCount;
    const { template } = await fork(ann, { templateId: STARTER });
    await fork(await app.member(ann, 'USER'), { templateId: STARTER });
    expect([await count(ann), await count(stranger)]).toEqual([2, 0]);
    await app.mutate('deleteTemplate', { templateId: template!.id }, '', ann);
    expect(await count(ann)).toBe(1);
  });

  it('copies a starter in the language of the client', async () => {
    const ann = await app.register();
    const { template } = await fork(ann, { templateId: STARTER }, { 'accept-language': 'ko-KR,en;q=0.5' });
    expect(template).toMatchObject({
      name: '경쟁사 동향 요약',
      owner: { id: ann.session.user.id },
      forkedFrom: { id: STARTER },
    });
    expect(template!.inputs).toMatchObject([
      { name: 'competitors', title: '경쟁사' },
      { name: 'period', defaultValue: '최근 30일' },
    ]);
    expect(await readTemplate(app, ann, template!.id)).toMatchObject({ name: '경쟁사 동향 요약' });
  });

  it('hides an origin that is no longer shared', async () => {
    const ann = await app.register();
    const bob = await app.member(ann, 'USER');
    const { id } = await createTemplate(app, ann, { visibility: 'SHARED' });
    const { template } = await fork(bob, { templateId: id });
    const withdrawn = { templateId: id, expectedVersion: 1, visibility: 'PRIVATE' };
    await app.mutate('updateTemplate', withdrawn, '', ann);
    expect(await readTemplate(app, bob, template!.id)).toMatchObject({ forkedFrom: null });
    expect(await readTemplate(app, ann, template!.id)).toMatchObject({ forkedFrom: { id } }); // an ADMIN
    expect((await fork(bob, { templateId: id })).__typename).toBe('NotFoundError');
  });

  it('refuses a name that is blank or too long', async () => {
    const ann = await app.register();
    const { id: templateId } = await createTemplate(app, ann);
    for (const name of [' ', 'x'.repeat(121)]) {
      expect(await fork(ann, { templateId, name })).toMatchObject({ issues: [{ path: ['name'] }] });
    }
  });

  itRefuses(app, 'forkTemplate', {
    input: async (owner) => ({ templateId: (await createTemplate(app, owner)).id }),
    idField: { name: 'templateId', type: 'PipelineTemplate' },
  });
});
