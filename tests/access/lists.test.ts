import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { STARTERS } from '../../src/modules/templates/starters/starters.ts';
import { decodeGlobalId, encodeId } from '../../src/schema-kit/global-id.ts';
import { schema } from '../../src/transport/graphql/schema.ts';
import { mutationDocument } from '../support/app.ts';
import { MUTATION_INPUTS } from '../support/mutation-inputs.ts';
import { type Reader, SIGNED_IN, TENANTS } from './readers.ts';
import { nullaryQueries, selectionOf } from './selections.ts';
import { SECRET, SEEN_BY, type Thing, THINGS, typeOf } from './things.ts';
import { accessWorld } from './world.ts';

const world = accessWorld();

/** What is everybody's. */
const BUILT_IN = new Set(STARTERS.map(({ id }) => encodeId('PipelineTemplate', id)));

const TYPES = {
  conversations: 'Conversation',
  executions: 'PipelineExecution',
  approvalRequests: 'ApprovalRequest',
} as const;
const LISTS = Object.keys(TYPES) as (keyof typeof TYPES)[];
const ARGUMENTS = { conversations: '', executions: '', approvalRequests: '(filter: { statuses: null })' };

describe.each(LISTS)('the list of %s', (field) => {
  it('contains and counts only objects that the viewer may see', async () => {
    const known = new Map(THINGS.map((thing) => [world.ids[thing], thing]));
    for (const reader of SIGNED_IN) {
      const { totalCount, nodes } = await listOf(reader, `${field}${ARGUMENTS[field]}`);
      const things = nodes.flatMap(({ id }) => known.get(id) ?? []);
      const visible = THINGS.filter((thing) => typeOf(thing) === TYPES[field] && isSeenBy(thing, reader));
      expect(things.toSorted(), reader).toEqual(visible.toSorted());
      expect(totalCount, reader).toBe(nodes.length);
    }
  });

  it('treats a foreign cursor like an invented one', async () => {
    const page = `query ($cursor: String) {
      after: ${field}(first: 2, after: $cursor) { ...Page }
      before: ${field}(last: 2, before: $cursor) { ...Page }
    }
    fragment Page on ${TYPES[field]}Connection {
      edges { node { id } } pageInfo { hasNextPage }
    }`;
    const { edges } = await listOf('owner', `${field}${ARGUMENTS[field]}`);
    const { cursor } = edges.find(({ node }) => node.id === world.ids[TYPES[field]])!;
    const foreign = await world.ask('stranger', page, { cursor });
    expect(foreign).toContain('"id":');
    expect(foreign).toBe(await world.ask('stranger', page, { cursor: madeUp(cursor) }));
  });
});

describe('the list of conversations', () => {
  it('never searches what others own', async () => {
    for (const reader of SIGNED_IN) {
      const { totalCount } = await listOf(reader, 'conversations(filter: { search: "secret" })');
      expect([reader, totalCount]).toEqual([reader, isSeenBy('Conversation', reader) ? 1 : 0]);
    }
  });
});

describe('a walk through all that the schema reaches', () => {
  it('meets nothing that the table of what is seen does not name, and nothing of another tenant', async () => {
    const met = new Map<Reader, Set<string>>();
    for (const reader of SIGNED_IN) {
      const answers = await walk(reader);
      const ids = new Set([...answers.matchAll(/"id":"([\w-]{20,})"/g)].map(([, id]) => id!));
      const unseen = THINGS.filter((thing) => !isSeenBy(thing, reader));
      // The audit log names the ids of sessions to ADMINs, but no session is met.
      expect([reader, unseen.filter((thing) => ids.has(world.ids[thing]))]).toEqual([reader, []]);
      expect([reader, answers.includes(SECRET)]).toEqual([reader, isSeenBy('Conversation', reader)]);
      met.set(reader, new Set([...ids].filter((id) => !isEverybodys(id))));
    }
    for (const tenant of TENANTS) {
      const others = new Set(
        SIGNED_IN.filter((one) => !tenant.includes(one)).flatMap((one) => [...met.get(one)!]),
      );
      for (const reader of tenant) {
        expect(met.get(reader)!.size, reader).toBeGreaterThan(1);
        expect([...met.get(reader)!].filter((id) => others.has(id))).toEqual([]);
      }
    }
  });

  it('shows addresses and plans of other members to those only who manage users', async () => {
    const ask = async (reader: Reader, fields: string) =>
      JSON.parse(
        await world.ask(reader, `query ($id: ID!) { node(id: $id) { ... on User { ${fields} } } }`, {
          id: world.ids.User,
        }),
      ) as object;
    const { email, displayName } = world.people.owner;
    for (const reader of ['owner', 'admin', 'key', 'colleague', 'guest'] as const) {
      const isHidden = reader === 'colleague' || reader === 'guest';
      expect(await ask(reader, 'email displayName'), reader).toMatchObject({
        data: { node: { email: isHidden ? null : email, displayName } },
      });
      expect(await ask(reader, 'plan'), reader).toMatchObject(
        isHidden
          ? { data: { node: null }, errors: [{ path: ['node', 'plan'], extensions: { code: 'FORBIDDEN' } }] }
          : { data: { node: { plan: 'FREE' } } },
      );
    }
  });

  it('hides the conversation of a run from members who may only decide about it', async () => {
    const run = 'conversation { id title messages { edges { node { content } } } }';
    const document = `query ($run: ID!, $request: ID!) {
      execution(id: $run) { id ${run} }
      approvalRequest(id: $request) { execution { id ${run} } }
      node(id: $run) { ... on PipelineExecution { id ${run} } }
    }`;
    const variables = {
      run: world.ids['PipelineExecution that others decide'],
      request: world.ids['ApprovalRequest that others decide'],
    };
    const seen = { id: variables.run, conversation: null };
    const { data } = JSON.parse(await world.ask('colleague', document, variables)) as { data: object };
    expect(data).toEqual({ execution: seen, approvalRequest: { execution: seen }, node: seen });
    expect(await world.ask('owner', document, variables)).toContain(SECRET);
  });

  /** The answers to every query without arguments and to `node` of every thing, each with all fields. */
  async function walk(reader: Reader): Promise<string> {
    const documents = nullaryQueries(schema, 3).map((query) => [query, {}] as const);
    const nodes = THINGS.map((thing) => {
      const type = typeOf(thing);
      const selection = selectionOf(schema.getType(type)!, 3);
      return [
        `query ($id: ID!) { node(id: $id) { ... on ${type} ${selection} } }`,
        { id: world.ids[thing] },
      ] as const;
    });
    let answers = '';
    for (const [document, variables] of [...documents, ...nodes]) {
      const answer = await world.ask(reader, document, variables);
      expect(answer, document).not.toMatch(/GRAPHQL_VALIDATION_FAILED|QUERY_TOO_COMPLEX|INTERNAL/);
      answers += answer;
    }
    return answers;
  }
});

describe('fields that no input type has', () => {
  it.each(Object.keys(schema.getMutationType()!.getFields()))(
    'are rejected by %s for every role',
    async (name) => {
      const { of, withId, withoutId } = MUTATION_INPUTS[name]!;
      for (const extra of ['tenantId', 'ownerId', 'userId', 'role', 'plan', 'costMicros']) {
        const valid: Record<string, unknown> = of ? withId(world.ids[of]) : withoutId();
        if (extra in valid) continue; // a field of this input
        const input = { ...valid, [extra]: 'ADMIN' };
        for (const reader of ['owner', 'admin', 'guest'] as const) {
          const answer = await world.ask(reader, mutationDocument(name, ''), { input });
          expect(answer).toMatch(/^\{"status":400,"errors".*"BAD_USER_INPUT"/);
        }
      }
    },
  );
});

async function listOf(reader: Reader, field: string): Promise<List> {
  const document = `{ list: ${field} { totalCount nodes { id } edges { cursor node { id } } } }`;
  return (JSON.parse(await world.ask(reader, document)) as { data: { list: List } }).data.list;
}

/** Part of the product, like the models that can be called. */
function isEverybodys(id: string): boolean {
  return BUILT_IN.has(id) || decodeGlobalId(id).typename === 'LlmModel';
}

function isSeenBy(thing: Thing, reader: Reader): boolean {
  return (SEEN_BY[thing] as readonly Reader[]).includes(reader);
}

/** The same place in a list, of a row that does not exist. */
function madeUp(cursor: string): string {
  const place = Buffer.from(cursor, 'base64').toString();
  return Buffer.from(place.replace(/[0-9a-f-]{22}(?=\W*$)/, randomUUID().slice(14))).toString('base64');
}

interface List {
  totalCount: number;
  nodes: { id: string }[];
  edges: { cursor: string; node: { id: string } }[];
}
