import { describe, expect, it } from 'vitest';
import { testApp } from '../support/app.ts';

const CONVERSATIONS = (first: number, messages: number) => `{
  conversations(first: ${first}) { edges { node {
    id title stage updatedAt
    messages(first: ${messages}) { edges { node { id role content status createdAt cost } } }
  } } }
}`;

const TOO_MUCH: [string, string, RegExp][] = [
  ['31 aliases', `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: viewer { id }`).join(' ')} }`, /[Aa]lias/],
  ['a depth of 17', `{ viewer { ${'... { '.repeat(15)} id ${'} '.repeat(15)} } }`, /depth/],
  ['a depth of 400', `{ viewer { ${'... { '.repeat(398)} id ${'} '.repeat(398)} } }`, /depth/],
  ['2,001 tokens', `{ viewer { ${'id '.repeat(2_000)} } }`, /[Tt]oken/],
  [
    'a list of 20,000 levels',
    `{ node(id: ${'['.repeat(20_000)}${']'.repeat(20_000)}) { id } }`,
    /token|nested/,
  ],
  ['31 directives', `{ viewer { ${'id @include(if: true) '.repeat(31)} } }`, /[Dd]irective/],
  [
    '900 unknown fields',
    `{ ${Array.from({ length: 900 }, (_, i) => `f${i}`).join(' ')} }`,
    /Cannot query field/,
  ],
  ['a fragment that holds itself', '{ viewer { ...A } } fragment A on User { id ...A }', /spread fragment/],
  ['pages of 100 in pages of 100', CONVERSATIONS(100, 100), /complexity/],
  ['a page of a million', CONVERSATIONS(1_000_000, 1), /complexity/],
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

  it.each(TOO_MUCH)('reject %s over HTTP', async (_what, query, message) => {
    const user = await app.register();
    const { status, data, errors } = await app.graphql(query, {}, user);
    expect(status).toBe(400);
    expect(data ?? null).toBeNull();
    expect(errors?.[0]?.message).toMatch(message);
    expect(errors?.[0]?.extensions?.['code']).toMatch(/^GRAPHQL_(VALIDATION|PARSE)_FAILED$/);
    expect(errors?.length).toBeLessThanOrEqual(21);
  });

  it.each(TOO_MUCH)('reject %s over WebSocket, and keep the socket open', async (_what, query, message) => {
    const { token } = await app.register();
    const socket = await (await app.rawSocket()).init({ token });
    socket.subscribe('1', query);
    const answer = await Promise.race([socket.next('error', '1'), socket.next('next', '1')]);
    expect(JSON.stringify(answer)).toMatch(message);
    expect(JSON.stringify(answer)).toMatch(/GRAPHQL_(VALIDATION|PARSE)_FAILED/);
    expect(socket.isOpen).toBe(true);
    socket.close();
  });

  it.each(TOO_MUCH)('reject %s over SSE', async (_what, query, message) => {
    const { token } = await app.register();
    const results = await Array.fromAsync(app.events(query, {}, { token }));
    expect(results.map((result) => result.errors?.[0]?.message)).toEqual([expect.stringMatching(message)]);
  });

  it('also count a page size from a variable', async () => {
    const user = await app.register();
    const query =
      'query ($n: Int!) { conversations(first: $n) { edges { node { messages(first: $n) { edges { node { id } } } } } } }';
    expect((await app.graphql(query, { n: 10 }, user)).status).toBe(200);
    expect(await app.graphql(query, { n: 100 }, user)).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
  });

  it('count the requested operation, not the first one of the document', async () => {
    const user = await app.register();
    const query = `query Cheap { __typename } query Dear ${CONVERSATIONS(100, 100)}`;
    const response = await fetch(app.url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${user.token}` },
      body: JSON.stringify({ query, operationName: 'Dear' }),
    });
    expect(await response.json()).toMatchObject({
      errors: [{ message: expect.stringContaining('complexity') as string }],
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
});
