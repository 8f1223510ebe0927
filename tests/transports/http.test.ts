import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { testApp } from '../support/app.ts';

const TYPENAME = JSON.stringify({ query: '{ __typename }' });
const JSON_TYPE = { 'content-type': 'application/json' };

describe('GraphQL over HTTP', () => {
  const app = testApp({ config: { role: 'api' } });

  const post = (body: string, headers: Record<string, string> = JSON_TYPE) =>
    fetch(app.url(), { method: 'POST', headers, body });
  const query = (text: string) => `${app.url()}?query=${encodeURIComponent(text)}`;

  it('answers a JSON POST in the media type that the client prefers', async () => {
    for (const accept of ['application/graphql-response+json', 'application/json']) {
      const response = await post(TYPENAME, { ...JSON_TYPE, accept });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain(accept);
      expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    }
    expect((await post(TYPENAME, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
    expect((await post(TYPENAME, { ...JSON_TYPE, accept: 'image/png' })).status).toBe(406);
  });

  it('accepts queries by GET, but no mutations', async () => {
    const answered = await fetch(query('{ __typename }'));
    expect(await answered.json()).toEqual({ data: { __typename: 'Query' } });
    const refused = await fetch(query('mutation { logout(input: { refreshToken: "x" }) { __typename } }'));
    expect(refused.status).toBe(405);
    expect(refused.headers.get('allow')).toContain('POST');
  });

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/foo',
    null,
  ])('rejects the content type %s, which other sites can send without a CORS preflight', async (type) => {
    const body = new TextEncoder().encode('query=mutation{logout(input:{refreshToken:"x"}){__typename}}');
    const headers: Record<string, string> = type ? { 'content-type': type } : {};
    const posted = await fetch(app.url(), { method: 'POST', headers, body });
    expect(posted.status).toBe(415);
    if (type) expect((await fetch(query('{ __typename }'), { headers })).status).toBe(415);
  });

  it.each(['PUT', 'PATCH', 'DELETE'])('rejects %s', async (method) => {
    const response = await fetch(app.url(), { method, headers: JSON_TYPE });
    expect(response.status).toBe(405);
  });

  it('rejects TRACE', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(app.url(), { method: 'TRACE' }, (response) =>
        resolve(response.resume().statusCode),
      );
      request.on('error', reject).end();
    });
    expect(status).toBe(405);
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a batch', `[${TYPENAME},${TYPENAME}]`],
    ['no query', '{}'],
    ['a query that is a number', '{"query":1}'],
    ['variables that are a list', '{"query":"{ __typename }","variables":[]}'],
    ['a parameter that nobody knows', '{"query":"{ __typename }","__proto__":{},"polluted":1}'],
  ])('answers 400 to %s', async (_what, body) => {
    const response = await post(body, { ...JSON_TYPE, accept: 'application/graphql-response+json' });
    expect(response.status).toBe(400);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    ['a syntax error', '{', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a missing variable', 'query ($id: ID!) { node(id: $id) { id } }', 'BAD_USER_INPUT'],
  ])('answers with the code of %s', async (_what, text, code) => {
    const { status, errors } = await app.graphql(text);
    expect(status).toBe(400);
    expect(errors?.[0]?.extensions).toEqual({ code });
  });

  it.each([
    [
      'query ($f: Int) { executions(first: $f) { pageInfo { endCursor } } }',
      { f: 'x' },
      'Variable "$f" is invalid: Int cannot represent non-integer value: "x"',
    ],
    [
      'mutation ($input: ExecutePipelineInput!) { executePipeline(input: $input) { __typename } }',
      { input: { source: { proposalId: 'x' }, request: 'x', costLimit: 'much' } },
      'Variable "$input" is invalid at "input.costLimit": a Decimal must be a string with at most 12 digits before the point and 6 after it, e.g. "0.25"',
    ],
  ])('names the variable that is wrong and the path of its value: %s', async (text, variables, message) => {
    const { status, errors } = await app.graphql(text, variables);
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('rejects a body of more than 1 MB, even without a Content-Length', async () => {
    const big = JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(1_000_000) } });
    expect((await post(big)).status).toBe(413);
    const chunked = await fetch(app.url(), {
      method: 'POST',
      headers: JSON_TYPE,
      body: new Blob([big]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
  });

  it('answers 404 to other paths', async () => {
    expect((await fetch(app.url('/nowhere'))).status).toBe(404);
    expect((await fetch(app.url('/graphql/x'))).status).toBe(404);
  });

  describe('request ids', () => {
    it('are taken from the request if they are valid, on every path', async () => {
      for (const path of ['/graphql', '/health', '/nowhere']) {
        const response = await fetch(app.url(path), { headers: { 'x-request-id': 'my-request:1' } });
        expect(response.headers.get('x-request-id')).toBe('my-request:1');
      }
    });

    it.each(['', 'white space', 'x'.repeat(129), '<script>'])(
      'are generated for the invalid id %j',
      async (given) => {
        const response = await fetch(app.url('/health'), { headers: { 'x-request-id': given } });
        expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      },
    );
  });

  describe('GraphiQL', () => {
    it('is served to browsers and loads nothing from other hosts', async () => {
      const response = await fetch(app.url(), { headers: { accept: 'text/html' } });
      expect(response.status).toBe(200);
      const page = await response.text();
      expect(page).toContain('AgentForge');
      expect(page).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/);
    });
  });
});

describe('GraphQL in production', () => {
  const app = testApp({ config: { role: 'api', environment: 'production', isSchemaPublic: false } });

  it('hides its schema: no introspection, no suggestions, no GraphiQL', async () => {
    const introspected = await app.graphql('{ __schema { types { name } } }');
    expect(introspected.status).toBe(400);
    expect(introspected.errors?.[0]?.extensions?.['code']).toBe('GRAPHQL_VALIDATION_FAILED');
    const misspelt = await app.graphql('{ viewr { id } }');
    expect(misspelt.errors?.[0]?.message).not.toContain('Did you mean');
    const page = await fetch(app.url(), { headers: { accept: 'text/html' } });
    expect(await page.text()).not.toContain('<html');
    expect((await app.graphql('{ __typename }')).status).toBe(200);
  });
});
