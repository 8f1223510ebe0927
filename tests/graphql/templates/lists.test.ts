import { describe, expect, it } from 'vitest';
import { STARTERS } from '../../../src/modules/templates/starters/starters.ts';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { testApp } from '../../support/app.ts';
import { recordedStatements } from '../../support/statements.ts';
import { createTemplate, readTemplate } from '../../support/templates.ts';

const app = testApp({ config: { role: 'api' } });
const STARTER_IDS = STARTERS.map(({ id }) => encodeId('PipelineTemplate', id));

interface List {
  totalCount: number;
  nodes: { id: string; name: string; description: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
}

async function list(
  field: 'templates' | 'sharedTemplates',
  account: { token: string },
  args = '',
  headers = {},
): Promise<List> {
  const query = `{ list: ${field}${args} { totalCount nodes { id name description } pageInfo { hasNextPage endCursor } } }`;
  const { data, errors } = await app.graphql<{ list: List }>(query, {}, { ...account, headers });
  expect(errors).toBeUndefined();
  return data!.list;
}

/** The shared templates of members that a search finds. */
async function found(account: { token: string }, search: string): Promise<string[]> {
  const { nodes } = await list('sharedTemplates', account, `(first: 100, search: ${JSON.stringify(search)})`);
  return nodes.filter(({ id }) => !STARTER_IDS.includes(id)).map(({ name }) => name);
}

describe('templates', () => {
  it('are the viewer’s own, last changed first, page by page', async () => {
    const ann = await app.register();
    const bob = await app.member(ann, 'USER');
    await createTemplate(app, bob, { visibility: 'SHARED' });
    const ids: string[] = [];
    for (const name of ['1', '2', '3']) ids.push((await createTemplate(app, ann, { name })).id);
    await app.mutate('updateTemplate', { templateId: ids[0], expectedVersion: 1, name: 'New' }, '', ann);
    const first = await list('templates', ann, '(first: 2)');
    expect(first).toMatchObject({ totalCount: 3, nodes: [{ id: ids[0] }, { id: ids[2] }] });
    const next = await list('templates', ann, `(first: 2, after: "${first.pageInfo.endCursor}")`);
    expect(next).toMatchObject({ nodes: [{ id: ids[1] }], pageInfo: { hasNextPage: false } });
  });
});

describe('a page of templates', () => {
  const { during } = recordedStatements();

  it('runs about the same number of statements for any size, also with owners and origins', async () => {
    const ann = await app.register();
    const { id: templateId } = await createTemplate(app, ann);
    await Promise.all(Array.from({ length: 20 }, () => app.mutate('forkTemplate', { templateId }, '', ann)));
    const read = (size: number) =>
      during(async () => {
        const query = `{ templates(first: ${size}) { nodes { name forkCount owner { displayName } forkedFrom { name owner { id } } } } }`;
        const { data } = await app.graphql<{ templates: { nodes: object[] } }>(query, {}, ann);
        expect(data!.templates.nodes).toHaveLength(size);
      });
    const kinds = (statements: { text: string }[]) =>
      new Set(statements.map(({ text }) => text.replaceAll(/\$\d+(,\$\d+)*/g, '?')));
    const [few, many] = [await read(2), await read(20)];
    expect(kinds(many)).toEqual(kinds(few));
    expect(many.length).toBeLessThanOrEqual(10);
  });
});

describe('sharedTemplates', () => {
  it('are those of the tenant and the starters, starters first, then the newest', async () => {
    const ann = await app.register();
    const [bob, guest] = [await app.member(ann, 'USER'), await app.member(ann, 'GUEST')];
    const stranger = await app.register();
    await createTemplate(app, ann, { name: 'Private' });
    await createTemplate(app, stranger, { name: 'Foreign', visibility: 'SHARED' });
    const ids = [];
    for (const one of [ann, bob]) ids.unshift((await createTemplate(app, one, { visibility: 'SHARED' })).id);
    for (const reader of [ann, bob, guest]) {
      const { nodes, totalCount } = await list('sharedTemplates', reader, '(first: 100)');
      expect(nodes.map(({ id }) => id).slice(-2)).toEqual(ids);
      expect(new Set(nodes.map(({ id }) => id).slice(0, -2))).toEqual(new Set(STARTER_IDS));
      expect(totalCount).toBe(STARTER_IDS.length + 2);
    }
    const walked: string[] = [];
    for (let after = ''; ; ) {
      const page = await list('sharedTemplates', ann, `(first: 2${after})`);
      walked.push(...page.nodes.map(({ id }) => id));
      if (!page.pageInfo.hasNextPage) break;
      after = `, after: "${page.pageInfo.endCursor}"`;
    }
    expect(walked.slice(-2)).toEqual(ids);
    expect(new Set(walked).size).toBe(STARTER_IDS.length + 2);
  });

  it('are found by name and description, in any language, case and Unicode form', async () => {
    const ann = await app.register();
    const names = [
      'Café-Übersicht',
      '경쟁사 분석',
      'ΟΔΟΣ',
      'İstanbul',
      'Straße',
      'GROẞ',
      '競合レポート',
      '100% rain_water',
      'a\\b',
      'Το ταξίδι του Μαΐου',
      'Zu\u00adsammen\u200bfassung',
      'می\u200cخواهم',
      'Heart \u2764\ufe0f',
    ];
    for (const name of names) await createTemplate(app, ann, { name, visibility: 'SHARED' });
    await createTemplate(app, ann, { name: 'Other', description: 'On CARGO bikes.', visibility: 'SHARED' });
    for (const [search, name] of [
      ['café-ü', 'Café-Übersicht'],
      ['CAFÉ'.normalize('NFD'), 'Café-Übersicht'],
      ['분석', '경쟁사 분석'],
      ['분석'.normalize('NFD'), '경쟁사 분석'],
      ['οδος', 'ΟΔΟΣ'],
      ['istanbul', 'İstanbul'],
      ['STRASSE', 'Straße'],
      ['STRAẞE', 'Straße'],
      ['strasse', 'Straße'],
      ['groß', 'GROẞ'],
      ['gross', 'GROẞ'],
      ['bikes other', 'Other'],
      ['분석  경쟁사', '경쟁사 분석'],
      ['water 100%', '100% rain_water'],
      ['ﾚﾎﾟｰﾄ', '競合レポート'],
      ['cargo', 'Other'],
      ['%', '100% rain_water'],
      ['_', '100% rain_water'],
      ['\\', 'a\\b'],
      ['ΤΑΞΙΔΙ', 'Το ταξίδι του Μαΐου'],
      ['ταξιδι ΜΑΪΟΥ', 'Το ταξίδι του Μαΐου'],
      ['zusammenfassung', 'Zu\u00adsammen\u200bfassung'],
      ['über\u00adsicht', 'Café-Übersicht'],
      ['می\u2060خواهم', 'می\u200cخواهم'],
      ['\u2764', 'Heart \u2764\ufe0f'],
      ['\u2764\ufe0f', 'Heart \u2764\ufe0f'],
    ] as const) {
      expect([search, await found(ann, search)]).toEqual([search, [name]]);
    }
    for (const nothing of ['zeppelin', 'cargo%', '\0', 'cargo zeppelin'])
      expect(await found(ann, nothing)).toEqual([]);
    expect(await found(ann, ' ')).toHaveLength(names.length + 1);
  });

  it('are not searched with a text that is too long', async () => {
    const ann = await app.register();
    const query = 'query ($search: String) { sharedTemplates(search: $search) { nodes { id } } }';
    const codeOf = async (search: string) =>
      (await app.graphql(query, { search }, ann)).errors?.[0]?.extensions?.['code'];
    expect(await codeOf('a '.repeat(100))).toBeUndefined();
    expect(await codeOf('a'.repeat(201))).toBe('BAD_USER_INPUT');
  });

  it('of others are not found, and read like missing ones', async () => {
    const ann = await app.register();
    const bob = await app.member(ann, 'USER');
    const stranger = await app.register();
    const shared = await createTemplate(app, ann, { name: 'Zeppelin', visibility: 'SHARED' });
    const own = await createTemplate(app, ann, { name: 'Zeppelin' });
    expect(await found(bob, 'zeppelin')).toEqual(['Zeppelin']);
    expect(await found(stranger, 'zeppelin')).toEqual([]);
    expect(await readTemplate(app, bob, shared.id)).toMatchObject({ name: 'Zeppelin' });
    for (const [reader, { id }] of [
      [bob, own],
      [stranger, own],
      [stranger, shared],
    ] as const) {
      expect(await readTemplate(app, reader, id)).toBeNull();
    }
  });

  it('that are built in speak the language of the client, and are found in each', async () => {
    const ann = await app.register();
    const digest = async (languages: string) => {
      const { nodes } = await list('sharedTemplates', ann, '(first: 100)', { 'accept-language': languages });
      return nodes.find(({ id }) => id === encodeId('PipelineTemplate', 'starter-competitor-digest'))!.name;
    };
    expect(await digest('en-GB')).toBe('Competitor digest');
    expect(await digest('ko')).toBe('경쟁사 동향 요약');
    expect(await digest('fr, ko;q=0.8, en;q=0.7')).toBe('경쟁사 동향 요약');
    expect(await digest('fr')).toBe('Competitor digest');
    for (const search of ['competitor digest', '경쟁사 동향']) {
      const { nodes } = await list('sharedTemplates', ann, `(search: "${search}")`);
      expect(nodes).toMatchObject([{ name: 'Competitor digest' }]);
    }
  });
});
