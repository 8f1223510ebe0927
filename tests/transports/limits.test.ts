import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../support/app.ts';
import type { RawSocket } from '../support/raw-socket.ts';

const CONVERSATIONS = (first: number, messages: number) => `{
  conversations(first: ${first}) { edges { node {
    id title stage updatedAt
    messages(first: ${messages}) { edges { node { id role content status createdAt cost } } }
  } } }
}`;

const ALIASES = (count: number) => Array.from({ length: count }, (_, i) => `a${i}: __typename`).join(' ');
const DEPTH = (levels: number) =>
  `{ viewer { ${'... { '.repeat(levels - 2)} id ${'} '.repeat(levels - 2)} } }`;

const REPEATING = (times: number) => `fragment F on Query { ... { ${'viewer { id } '.repeat(times)} } }`;

/** What is too much, a document, and what its error states: the cost, the limit, the measure and what to do. */
const TOO_COMPLEX: [string, string, number, number, string, RegExp][] = [
  ['31 aliases', `{ ${ALIASES(31)} }`, 31, 30, 'aliases', /fewer aliases/],
  [
    '40 aliases in fragments',
    `{ ...A ...A } fragment A on Query { ...B ...B } fragment B on Query { ${ALIASES(10)} }`,
    40,
    30,
    'aliases',
    /fewer aliases/,
  ],
  [
    'an alias of 101 characters',
    `{ ${'a'.repeat(101)}: __typename }`,
    101,
    100,
    'aliasLength',
    /Shorten the alias/,
  ],
  ['a depth of 17', DEPTH(17), 17, 16, 'depth', /fewer levels/],
  ['a depth of 400', DEPTH(400), 400, 16, 'depth', /fewer levels/],
  ['2,001 tokens', `{ viewer { ${'id '.repeat(2_000)} } }`, 2_001, 2_000, 'tokens', /split the document/],
  [
    '31 directives',
    `{ viewer { ${'id @include(if: true) '.repeat(31)} } }`,
    31,
    30,
    'directives',
    /directive on a fragment/,
  ],
  ['pages of 100 in pages of 100', CONVERSATIONS(100, 100), 25_310, 10_000, 'cost', /smaller pages/],
  [
    'an alias of introspection, which counts ten times',
    '{ __schema { types { a: name b: kind c: description d: __typename } } }',
    40,
    30,
    'aliases',
    /fewer aliases/,
  ],
  [
    'one field 51 times, also in fragments',
    `{ ${'viewer { id } '.repeat(26)} ...F } ${REPEATING(25)}`,
    51,
    50,
    'repetitions',
    /each field once/,
  ],
  [
    'an object 52 times in what is merged',
    `{ ${`viewer { ${'tenant { id } '.repeat(4)} } `.repeat(13)} }`,
    52,
    50,
    'repetitions',
    /each field once/,
  ],
  [
    'a page of a million',
    `{ conversations(first: 1000000) { nodes { id } } }`,
    1_250_010,
    10_000,
    'cost',
    /smaller pages/,
  ],
];

const INVALID: [string, string, RegExp][] = [
  [
    '900 unknown fields',
    `{ ${Array.from({ length: 900 }, (_, i) => `f${i}`).join(' ')} }`,
    /Cannot query field/,
  ],
  ['a fragment that holds itself', '{ viewer { ...A } } fragment A on User { id ...A }', /spread fragment/],
  [
    'a list of 20,000 levels',
    `{ node(id: ${'['.repeat(20_000)}${']'.repeat(20_000)}) { id } }`,
    /Syntax Error/,
  ],
];

describe('limits', () => {
  const app = testApp({ config: { role: 'api' } });

  it('allow 20 conversations with 10 messages each', async () => {
    const user = await app.register();
    const { status, errors } = await app.graphql(CONVERSATIONS(20, 10), {}, user);
    expect(errors).toBeUndefined();
    expect(status).toBe(200);
  });

  it('allow the introspection of GraphiQL', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    const options = { inputValueDeprecation: true, oneOf: true, specifiedByUrl: true };
    const { status, data } = await app.graphql(getIntrospectionQuery(options));
    expect(status).toBe(200);
    expect(data).toHaveProperty('__schema');
  });

  it.each(TOO_COMPLEX)(
    'reject %s over HTTP, SSE and WebSocket',
    async (_what, query, cost, limit, measure, advice) => {
      const user = await app.register();
      const refusal = {
        message: expect.stringMatching(advice) as string,
        extensions: { code: 'QUERY_TOO_COMPLEX', measure, cost, limit },
      };
      const { status, data, errors } = await app.graphql(query, {}, user);
      expect([status, data ?? null, errors]).toMatchObject([400, null, [refusal]]);
      expect(errors).toHaveLength(1);
      expect(await Array.fromAsync(app.events(query, {}, user))).toMatchObject([{ errors: [refusal] }]);
      using socket = await signedIn(user);
      socket.subscribe('1', query);
      expect(await refusalOf(socket)).toMatchObject([refusal]);
      expect(socket.isOpen).toBe(true);
    },
  );

  it('charge the dearest page for an argument that is wrong, instead of nothing for the whole operation', async () => {
    const user = await app.register();
    const pages = Array.from(
      { length: 28 },
      (_, i) => `c${i}: conversations(first: 100) { nodes { id messages(first: 100) { nodes { id } } } }`,
    );
    const query = `query ($f: Int = 1) {
      node(id: "x") { ... on Conversation { events(first: $f) { lastSeq } } } ${pages.join(' ')}
    }`;
    const { status, errors } = await app.graphql(query, { f: null }, user);
    expect([status, errors?.[0]]).toMatchObject([400, { extensions: { code: 'QUERY_TOO_COMPLEX' } }]);
  });

  it.each(INVALID)('reject %s over HTTP, SSE and WebSocket', async (_what, query, message) => {
    const user = await app.register();
    const refusal = { message: expect.stringMatching(message) as string };
    const { status, data, errors } = await app.graphql(query, {}, user);
    expect([status, data ?? null]).toEqual([400, null]);
    expect(errors?.[0]).toMatchObject({
      ...refusal,
      extensions: { code: expect.stringMatching(/^GRAPHQL_(VALIDATION|PARSE)_FAILED$/) as string },
    });
    expect(errors?.length).toBeLessThanOrEqual(21);
    const [result] = await Array.fromAsync(app.events(query, {}, user));
    expect(result!.errors?.[0]).toMatchObject(refusal);
    using socket = await signedIn(user);
    socket.subscribe('1', query);
    expect((await refusalOf(socket))[0]).toMatchObject(refusal);
    expect(socket.isOpen).toBe(true);
  });

  it('allow a dashboard of 50 conversations with 50 messages each', async () => {
    const user = await app.register();
    const dashboard = `query ($n: Int!) {
      conversations(first: $n) {
        __typename totalCount
        edges { __typename node {
          __typename id title stage updatedAt cost
          messages(first: $n) {
            __typename totalCount
            edges { __typename node { __typename id role content status createdAt cost } }
            pageInfo { __typename hasNextPage endCursor }
          }
        } }
        pageInfo { __typename hasNextPage endCursor }
      }
    }`;
    const { status, errors } = await app.graphql(dashboard, { n: 50 }, user);
    expect([status, errors]).toEqual([200, undefined]);
  });

  it('give the cost in the extensions of the answer on request', async () => {
    const user = await app.register();
    const query = '{ viewer { id displayName } conversations(first: 10) { nodes { id } } }';
    const cost = { requested: 33, limit: 10_000 }; // 10 + 2 × 0.25, and 10 + 10 × (1 + 0.25), rounded up
    expect(await post(user, { query, extensions: { cost: true } })).toMatchObject({ extensions: { cost } });
    expect(await post(user, { query })).not.toHaveProperty('extensions');
    using socket = await signedIn(user);
    socket.send({ id: '1', type: 'subscribe', payload: { query, extensions: { cost: true } } });
    expect(await socket.next('next', '1')).toMatchObject({ payload: { extensions: { cost } } });
  });

  it('also count a page size from a variable', async () => {
    const user = await app.register();
    const query =
      'query ($n: Int! = 100) { conversations(first: $n) { edges { node { messages(first: $n) { edges { node { id } } } } } } }';
    expect((await app.graphql(query, { n: 10 }, user)).status).toBe(200);
    for (const variables of [{ n: 100 }, {}]) {
      expect(await app.graphql(query, variables, user)).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }],
      });
    }
  });

  it('count the requested operation, not the first one of the document', async () => {
    const user = await app.register();
    const query = `query Cheap { __typename } query Dear ${CONVERSATIONS(100, 100)}`;
    expect(await post(user, { query, operationName: 'Dear' })).toMatchObject({
      errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }],
    });
  });

  it.each([
    ['a negative page', '{ conversations(first: -1) { edges { cursor } } }'],
    ['a cursor that is none', '{ conversations(first: 1, after: "garbage") { edges { cursor } } }'],
  ])('answer %s with BAD_USER_INPUT', async (_what, query) => {
    const user = await app.register();
    expect(await app.graphql(query, {}, user)).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  async function signedIn({ token }: Account): Promise<RawSocket> {
    return (await app.rawSocket()).init({ token });
  }

  async function post({ token }: Account, body: object): Promise<unknown> {
    const response = await fetch(app.url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    return response.json();
  }
});

/** The errors that refuse operation 1. */
async function refusalOf(socket: RawSocket): Promise<unknown[]> {
  const { payload } = await Promise.race([socket.next('error', '1'), socket.next('next', '1')]);
  return Array.isArray(payload) ? payload : (payload as { errors: unknown[] }).errors;
}
