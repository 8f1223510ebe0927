import { beforeAll, describe, expect, it } from 'vitest';
import { encodeId } from '../../src/schema-kit/global-id.ts';
import { type Account, testApp } from '../support/app.ts';
import { rowId } from '../support/ids.ts';
import { recordedStatements, type Statement } from '../support/statements.ts';

const app = testApp({ config: { role: 'api' } });
const LISTS = ['conversations', 'executions', 'approvalRequests'] as const;
const NO_CURSOR = /^Invalid cursor\. Use a cursor from the edges or the pageInfo of this list\.$/;

describe.each(LISTS)('a list of %s', (list) => {
  let ann: Account;
  let ids: string[];
  beforeAll(async () => {
    ann = await app.register();
    ids = await makeRows(list, ann, 7);
  });

  it('is paged forwards, newest first, each item once', async () => {
    expect(await walk(list, ann, 'forwards', 3)).toEqual(ids.toReversed());
  });

  it('is paged backwards, each item once', async () => {
    expect(await walk(list, ann, 'backwards', 3)).toEqual(ids);
  });

  it('reports at each end that there are no more items', async () => {
    const first = await page(list, ann, 'first: 7');
    expect(first.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
    const middle = await page(list, ann, `first: 2, after: "${first.edges[1]!.cursor}"`);
    expect(middle.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    expect(middle.edges.map(({ node }) => node.id)).toEqual([ids[4], ids[3]]);
    const none = await page(list, ann, `after: "${first.pageInfo.endCursor}"`);
    expect(none).toMatchObject({ edges: [], pageInfo: { hasNextPage: false, endCursor: null } });
  });

  it('continues after a deleted item', async () => {
    const bob = await app.register();
    const rows = await makeRows(list, bob, 5);
    const { pageInfo } = await page(list, bob, 'first: 2');
    await deleteRow(list, rows[3]!);
    const next = await page(list, bob, `first: 2, after: "${pageInfo.endCursor}"`);
    expect(next.edges.map(({ node }) => node.id)).toEqual([rows[2], rows[1]]);
  });

  it('rejects a negative page size, `first` with `last`, and an invalid cursor', async () => {
    const foreign = Buffer.from('GPC:J:{"not":""}').toString('base64');
    for (const [args, reason] of [
      ['first: 0', /between 1 and 100/],
      ['first: 101', /between 1 and 100/],
      ['last: 0', /between 1 and 100/],
      ['last: 101', /between 1 and 100/],
      ['first: 1, last: 1', /not both/],
      ['first: -1', /first/],
      ['last: -1', /last/],
      [`first: 1, before: "${foreign}"`, /before.*first/],
      [`last: 1, after: "${foreign}"`, /after.*last/],
      [`after: "${foreign}", before: "${foreign}"`, /after.*before/],
      ['after: "x"', NO_CURSOR],
      ['last: 1, before: "x"', NO_CURSOR],
      [`after: "${foreign}"`, NO_CURSOR],
      [`after: "${Buffer.from('GPC:S:\0').toString('base64')}"`, NO_CURSOR],
    ] as const) {
      const { status, errors } = await app.graphql(
        `{ ${list}(${args}) { pageInfo { endCursor } } }`,
        {},
        ann,
      );
      expect([args, status, errors?.[0]?.extensions?.['code']]).toEqual([args, 400, 'BAD_USER_INPUT']);
      expect(errors?.[0]?.message).toMatch(reason);
    }
  });

  it('rejects a page that exceeds the limit of costs', async () => {
    const { status, errors } = await app.graphql(
      `{ ${list}(first: 100000) { edges { node { id } } } }`,
      {},
      ann,
    );
    expect([status, errors?.[0]?.extensions?.['code']]).toEqual([400, 'QUERY_TOO_COMPLEX']);
  });

  it('rejects that page also beside one of negative size', async () => {
    const { errors } = await app.graphql(
      `{ ${list}(first: 100000) { edges { node { id } } } less: ${list}(first: -100000) { edges { node { id } } } }`,
      {},
      ann,
    );
    expect(errors?.[0]?.extensions?.['code']).toBe('QUERY_TOO_COMPLEX');
  });
});

describe('conversations', () => {
  it('finds titles that contain a text, literally and in any case', async () => {
    const ann = await app.register();
    const titles = ['Cargo bikes', 'CARGO ships', 'Äpfel', '100% rain_water', 'a\\b'];
    for (const title of titles) await app.mutate('createConversation', { title }, '', ann);
    const found = async (search: string) => {
      const query =
        'query ($search: String) { conversations(filter: { search: $search }) { edges { node { title } } } }';
      const { data } = await app.graphql<{ conversations: Page<{ title: string }> }>(query, { search }, ann);
      return data!.conversations.edges.map(({ node }) => node.title);
    };
    expect(await found('cargo')).toEqual(['CARGO ships', 'Cargo bikes']);
    expect(await found('äPF')).toEqual(['Äpfel']);
    for (const wildcard of ['%', '_']) expect(await found(wildcard)).toEqual(['100% rain_water']);
    expect(await found('\\')).toEqual(['a\\b']);
    for (const nothing of ['zeppelin', 'cargo%', '\0', '\ud800']) expect(await found(nothing)).toEqual([]);
    expect(await found('')).toHaveLength(titles.length);
  });

  it('are filtered by stage and time, and ordered by creation or the last change', async () => {
    const ann = await app.register();
    const ids = await makeRows('conversations', ann, 4);
    const { prisma } = app.services.database;
    await prisma.conversation.update({ where: { id: rowId(ids[1]!) }, data: { stage: 'PLAN' } });
    const { createdAt } = await prisma.conversation.findUniqueOrThrow({ where: { id: rowId(ids[2]!) } });
    const changed = [ids[1], ids[3], ids[2], ids[0]];
    expect(await idsOf('conversations', ann, 'first: 10')).toEqual(changed);
    expect(await idsOf('conversations', ann, 'orderBy: { direction: ASC }')).toEqual(changed.toReversed());
    expect(await idsOf('conversations', ann, 'orderBy: { field: CREATED_AT }')).toEqual(ids.toReversed());
    expect(await idsOf('conversations', ann, 'filter: { stages: [PLAN, DEBATE] }')).toEqual([ids[1]]);
    expect(await idsOf('conversations', ann, 'filter: { stages: [] }')).toEqual([]);
    const span = `createdAt: { to: "${createdAt.toISOString()}" }`;
    expect(await idsOf('conversations', ann, `filter: { ${span} }, orderBy: { field: CREATED_AT }`)).toEqual([
      ids[1],
      ids[0],
    ]);
  });

  it('are all returned page by page while one of them changes', async () => {
    const ann = await app.register();
    const ids = await makeRows('conversations', ann, 5);
    const first = await page('conversations', ann, 'first: 2');
    await app.services.database.prisma.conversation.update({
      where: { id: rowId(ids[4]!) },
      data: { title: 'Changed' },
    });
    const rest = await idsOf('conversations', ann, `first: 10, after: "${first.pageInfo.endCursor}"`);
    expect(rest).toEqual([ids[2], ids[1], ids[0]]);
  });
});

describe('messages', () => {
  it('are paged forwards and backwards, oldest first, and filtered by role', async () => {
    const ann = await app.register();
    const [id] = await makeRows('conversations', ann, 1);
    const messages = async (args: string) => {
      const query = `query ($id: ID!) { conversation(id: $id) { messages(${args}) {
        edges { cursor node { content } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      } } }`;
      const { data } = await app.graphql<{ conversation: { messages: Page<{ content: string }> } }>(
        query,
        { id },
        ann,
      );
      const { edges, pageInfo } = data!.conversation.messages;
      return { texts: edges.map(({ node }) => node.content), pageInfo };
    };
    const start = await messages('first: 4');
    expect(start.texts).toEqual(['1', '2', '3', '4']);
    expect((await messages(`first: 4, after: "${start.pageInfo.endCursor}"`)).texts).toEqual([
      '5',
      '6',
      '7',
      '8',
    ]);
    const end = await messages('last: 3');
    expect(end).toMatchObject({
      texts: ['8', '9', '10'],
      pageInfo: { hasPreviousPage: true, hasNextPage: false },
    });
    expect((await messages(`last: 2, before: "${end.pageInfo.startCursor}"`)).texts).toEqual(['6', '7']);
    expect((await messages('last: 2, role: USER')).texts).toEqual(['7', '9']);
  });

  it('reject an invalid cursor', async () => {
    const ann = await app.register();
    const [id] = await makeRows('conversations', ann, 1);
    for (const text of ['GPC:I:5', 'GPC:S:\0', 'GPC:J:{"not":""}', 'x']) {
      const after = Buffer.from(text).toString('base64');
      for (const list of ['messages', 'executions']) {
        const query = `query ($id: ID!, $after: String) { conversation(id: $id) { ${list}(after: $after) { edges { cursor } } } }`;
        const { errors } = await app.graphql(query, { id, after }, ann);
        expect(errors?.[0]?.extensions?.['code'], `${list} ${text}`).toBe('BAD_USER_INPUT');
        expect(errors?.[0]?.message, `${list} ${text}`).toMatch(NO_CURSOR);
      }
    }
  });
});

describe('executions', () => {
  it('are filtered by status', async () => {
    const ann = await app.register();
    const [first, , third] = await makeRows('executions', ann, 3);
    const { prisma } = app.services.database;
    await prisma.pipelineExecution.updateMany({
      where: { id: { in: [rowId(first!), rowId(third!)] } },
      data: { status: 'FAILED' },
    });
    expect(await idsOf('executions', ann, 'filter: { statuses: [FAILED] }')).toEqual([third, first]);
    expect(await idsOf('executions', ann, 'filter: { statuses: [CANCELLED] }')).toEqual([]);
    expect(await idsOf('executions', ann, 'filter: {}')).toHaveLength(3);
  });
});

describe('approvalRequests', () => {
  it('default to open requests, unless another status or null is given', async () => {
    const ann = await app.register();
    const ids = await makeRows('approvalRequests', ann, 3);
    await app.services.database.prisma.approvalRequest.update({
      where: { id: rowId(ids[1]!) },
      data: { status: 'APPROVED' },
    });
    expect(await idsOf('approvalRequests', ann, 'first: 10')).toEqual([ids[2], ids[0]]);
    expect(await idsOf('approvalRequests', ann, 'filter: { statuses: [APPROVED] }')).toEqual([ids[1]]);
    expect(await idsOf('approvalRequests', ann, 'filter: { statuses: null }')).toEqual(ids.toReversed());
  });
});

describe('totalCount', () => {
  const statements = recordedStatements();
  const counts = ({ text }: Statement) => /COUNT\(/i.test(text);

  it.each(LISTS)('of a list of %s covers all pages, and is counted only when selected', async (list) => {
    const ann = await app.register();
    await makeRows(list, ann, 3);
    const read = async (fields: string) => {
      let data: Record<string, unknown> | null | undefined;
      const sent = await statements.during(async () => {
        ({ data } = await app.graphql(`{ ${list}(first: 2) { ${fields} } }`, {}, ann));
      });
      return { answer: data![list], sent };
    };
    const both = await read('totalCount nodes { id }');
    expect(both.answer).toEqual({ totalCount: 3, nodes: [expect.anything(), expect.anything()] });
    expect((await read('nodes { id }')).sent.filter(counts)).toEqual([]);
    const alone = await read('totalCount');
    expect(alone.answer).toEqual({ totalCount: 3 });
    expect(alone.sent.filter(counts)).toHaveLength(1);
  });

  it('of lists below conversations is counted in one statement for all of them', async () => {
    const ann = await app.register();
    await makeRows('executions', ann, 3);
    const query = `{ conversations { nodes {
      all: messages(first: 1) { totalCount } own: messages(first: 1, role: USER) { totalCount }
      executions(first: 1) { totalCount } } } }`;
    const sent = await statements.during(async () => {
      const { data } = await app.graphql<{ conversations: { nodes: object[] } }>(query, {}, ann);
      const each = { all: { totalCount: 10 }, own: { totalCount: 5 }, executions: { totalCount: 1 } };
      expect(data!.conversations.nodes).toEqual([each, each, each]);
    });
    expect(sent.filter(counts).length).toBeLessThanOrEqual(2);
  });
});

describe('a page with all nested fields', () => {
  const statements = recordedStatements();
  const FIELDS = {
    conversations:
      'title cost messages(first: 4) { edges { node { content cost } } } proposals { id } executions(first: 2) { edges { node { cost } } }',
    executions:
      'progress cost usage { inputTokens } steps { key cost usage { outputTokens } } approvals { decidedBy { id } } conversation { title } checkpoints { edges { node { step } } }',
    approvalRequests: 'decidedBy { tenant { name } } execution { cost steps { key cost } }',
  };

  it.each(LISTS)('of %s runs the same number of statements for any page size', async (list) => {
    const [few, many] = [await readRows(list, 2), await readRows(list, 20)];
    // The same ones; a busy machine may split a batch in two.
    expect(new Set(kinds(many))).toEqual(new Set(kinds(few)));
    expect(many.length).toBeGreaterThan(3);
    expect(many.length).toBeLessThanOrEqual(10);
  });

  it('of conversations runs about as many statements when a list is selected twice', async () => {
    const account = await app.register();
    await makeRows('conversations', account, 20);
    const selecting = (fields: string) =>
      statements.during(async () => {
        const { errors } = await app.graphql(`{ conversations { nodes { id ${fields} } } }`, {}, account);
        expect(errors).toBeUndefined();
      });
    const once = await selecting('executions(first: 1) { nodes { id } } messages(first: 1) { nodes { id } }');
    const twice =
      await selecting(`a: executions(first: 1) { nodes { id } } b: executions(first: 2) { nodes { id } }
      c: messages(first: 1) { nodes { id } } d: messages(last: 2) { nodes { id } }`);
    expect(twice.length).toBeLessThanOrEqual(2 * once.length);
  });

  it('reads only the messages it returns, and one more per conversation', async () => {
    const read = (await readRows('conversations', 20)).filter(({ text }) => text.includes('messages'));
    expect(read.length).toBeGreaterThan(0);
    for (const { rows } of read) expect(rows).toBeLessThanOrEqual(20 * (4 + 1));
  });

  /** Reads twice and takes the shorter record: the polls of the server itself may fall into one of them. */
  async function readRows(list: (typeof LISTS)[number], count: number): Promise<Statement[]> {
    const account = await app.register();
    await makeRows(list, account, count);
    const read = () =>
      statements.during(async () => {
        const query = `{ ${list}(first: 20) { edges { node { id ${FIELDS[list]} } } } }`;
        const { data, errors } = await app.graphql<Record<string, Page>>(query, {}, account);
        expect(errors).toBeUndefined();
        expect(data![list]!.edges).toHaveLength(count);
      });
    const [first, second] = [await read(), await read()];
    return first.length <= second.length ? first : second;
  }
});

describe('one conversation', () => {
  const statements = recordedStatements();

  it('is read without messages and runs that are not selected', async () => {
    const ann = await app.register();
    const [id] = await makeRows('conversations', ann, 1);
    const query = `query ($id: ID!) { conversation(id: $id) {
      messages(last: 2) { edges { node { content } } } executions(first: 2) { edges { node { id } } } } }`;
    const read = await statements.during(() => app.graphql(query, { id }, ann));
    const rows = (table: string) => read.filter(({ text }) => text.includes(table)).map((one) => one.rows);
    expect(rows('messages')).toEqual([3, 3]); // the ids of the page and whether there is more; then the rows
    expect(
      read.filter(({ text }) => text.includes('pipeline_executions') && !text.includes('LIMIT')),
    ).toEqual([]);
  });
});

function kinds(statements: Statement[]): string[] {
  return statements.map(({ text }) => text.slice(0, 40)).toSorted();
}

/** Conversations of ten messages, runs of five steps, or requests of one run; oldest first. */
async function makeRows(
  list: (typeof LISTS)[number],
  { session }: Account,
  count: number,
): Promise<string[]> {
  const { prisma } = app.services.database;
  const [ownerId, tenantId] = [rowId(session.user.id), rowId(session.user.tenant.id)];
  const type = {
    conversations: 'Conversation',
    executions: 'PipelineExecution',
    approvalRequests: 'ApprovalRequest',
  }[list];
  const ids: string[] = [];
  for (let n = 1; n <= count; n++) {
    const conversation = await prisma.conversation.create({
      data: {
        tenantId,
        ownerId,
        title: `Number ${n}`,
        messages: {
          create: Array.from({ length: 10 }, (_, index) => ({
            tenantId,
            position: index + 1,
            role: index % 2 ? ('ASSISTANT' as const) : ('USER' as const),
            status: 'COMPLETE' as const,
            content: String(index + 1),
          })),
        },
      },
    });
    if (list === 'conversations') {
      ids.push(conversation.id);
      continue;
    }
    const run = await prisma.pipelineExecution.create({
      data: {
        tenantId,
        ownerId,
        conversationId: conversation.id,
        request: 'It',
        status: 'SUCCEEDED',
        finishedAt: new Date(),
        design: { steps: [] },
        estimatedCostMicros: 1n,
        steps: {
          create: Array.from({ length: 5 }, (_, position) => ({
            key: `s${position}`,
            position,
            agent: 'CUSTOM' as const,
            title: 'Any',
            status: 'SUCCEEDED' as const,
            finishedOrder: position + 1,
          })),
        },
        approvals: {
          create: {
            tenantId,
            stepKey: 's0',
            timing: 'BEFORE_STEP',
            question: 'Go on?',
            subject: { title: 'A', agent: 'CUSTOM', prompt: null, inputs: [], output: null },
            decidedById: ownerId,
          },
        },
      },
      include: { approvals: true },
    });
    ids.push(list === 'executions' ? run.id : run.approvals[0]!.id);
  }
  return ids.map((id) => encodeId(type, id));
}

async function deleteRow(list: (typeof LISTS)[number], id: string): Promise<void> {
  const { prisma } = app.services.database;
  const where = { id: rowId(id) };
  if (list === 'conversations') await prisma.conversation.delete({ where });
  else if (list === 'executions') await prisma.pipelineExecution.delete({ where });
  else await prisma.approvalRequest.delete({ where });
}

/** All ids in the order in which the pages give them. */
async function walk(
  list: string,
  account: Account,
  direction: 'forwards' | 'backwards',
  size: number,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 10; pages++) {
    const place: string = cursor ? `, ${direction === 'forwards' ? 'after' : 'before'}: "${cursor}"` : '';
    const { edges, pageInfo } = await page(
      list,
      account,
      `${direction === 'forwards' ? 'first' : 'last'}: ${size}${place}`,
    );
    const nodes = edges.map(({ node }) => node.id);
    ids.push(...(direction === 'forwards' ? nodes : nodes.toReversed()));
    cursor = direction === 'forwards' ? pageInfo.endCursor : pageInfo.startCursor;
    if (!(direction === 'forwards' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return ids;
  }
  throw new Error('the list does not end');
}

async function idsOf(list: string, account: Account, args: string): Promise<string[]> {
  return (await page(list, account, args)).edges.map(({ node }) => node.id);
}

async function page(list: string, account: Account, args: string): Promise<Page> {
  const fields =
    'edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
  const { data, errors } = await app.graphql<Record<string, Page>>(
    `{ ${list}(${args}) { ${fields} } }`,
    {},
    account,
  );
  if (!data) throw new Error(`no page: ${JSON.stringify(errors)}`);
  return data[list]!;
}

interface Page<Node = { id: string }> {
  edges: { cursor: string; node: Node }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}
