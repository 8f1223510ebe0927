import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { CLOSE } from '../../src/transport/graphql/socket/close.ts';
import { testApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { rawRequest } from '../support/raw-http.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const VIEWER = JSON.stringify({ query: '{ viewer { id } }' });
const JSON_TYPE = { 'content-type': 'application/json' };

describe('odd and hostile input', () => {
  const app = testApp({ config: { role: 'api', trustedProxies: ['127.0.0.1'] } });

  const ask = (headers: Record<string, string>, body = VIEWER) =>
    rawRequest(app.url(), { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });

  it.each(['\0', '\\ud800', '\u202e\u2066', '\ufeff', 'é'.repeat(5_000), '%00', '{}', "' OR 1=1 --"])(
    'odd text %j in a document, a variable and an id gives an error, never a fault',
    async (text) => {
      const { token } = await app.register();
      const authorization = `Bearer ${token}`;
      const variables = {
        id: JSON.parse(`"${text.replaceAll('"', '\\"').replaceAll('\0', '\\u0000')}"`) as string,
      };
      const bodies = [
        JSON.stringify({ query: `{ ${text} }` }),
        JSON.stringify({ query: 'query ($id: ID!) { node(id: $id) { id } }', variables }),
        JSON.stringify({ query: '{ __typename }', operationName: text }),
        `{"query":"{ __typename }${text}`,
      ];
      for (const body of bodies) {
        const { status } = await ask({ authorization }, body);
        expect([200, 400]).toContain(status);
      }
    },
  );

  it('a flood of wrong credentials from many addresses is refused, and /health answers meanwhile', async () => {
    const wrong = (i: number): Record<string, string>[] => [
      { 'x-api-key': `af_${String(i).padStart(43, 'x')}` },
      { authorization: `Bearer af_${String(i).padStart(43, 'y')}` },
      { authorization: `Bearer ${'a'.repeat(100)}.${i}.b` },
    ];
    let isFlooding = true;
    const flood = async (lane: number) => {
      for (let i = 0; i < 40; i++) {
        const address = { 'x-forwarded-for': `198.51.${lane}.${i}` };
        for (const headers of wrong(lane * 1000 + i))
          expect((await ask({ ...headers, ...address })).status).toBe(401);
      }
    };
    const health = async () => {
      let answers = 0;
      while (isFlooding) {
        expect((await fetch(app.url('/health'))).status).toBe(200);
        answers += 1;
      }
      return answers;
    };
    const answers = health();
    await Promise.all(Array.from({ length: 8 }, (_, lane) => flood(lane))).finally(
      () => (isFlooding = false),
    );
    expect(await answers).toBeGreaterThan(0);
    expect(app.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});

describe('while the database is unavailable', () => {
  const proxy = new TcpProxy();
  const app = testApp({ config: { role: 'api' }, proxy });
  afterEach(() => proxy.mend());
  afterAll(() => proxy.close());

  it('nobody is let in: HTTP answers 503, sockets close with 1013, and both recover', async () => {
    const { token } = await app.register();
    const tryAgainLater = { code: CLOSE.tryAgainLater[0], reason: CLOSE.tryAgainLater[1] };
    const ways: Record<string, string>[] = [
      { authorization: `Bearer ${token}` },
      { 'x-api-key': `af_${'x'.repeat(43)}` },
      { authorization: `Bearer af_${'x'.repeat(43)}` },
    ];
    proxy.cut();
    for (const headers of ways) {
      const {
        status,
        headers: answered,
        body,
      } = await rawRequest(app.url(), {
        method: 'POST',
        headers: { ...JSON_TYPE, ...headers },
        body: VIEWER,
      });
      expect(status).toBe(503);
      expect(body).toContain('SERVICE_UNAVAILABLE');
      expect(answered['www-authenticate']).toBeUndefined();
      const socket = await app.rawSocket({ headers });
      socket.send({ type: 'connection_init' });
      expect(await socket.closed).toEqual(tryAgainLater);
    }
    const ticket = await app.rawSocket({ path: '/graphql?ticket=x' });
    ticket.send({ type: 'connection_init' });
    expect(await ticket.closed).toEqual(tryAgainLater);

    proxy.mend();
    await eventually(async () =>
      expect((await app.graphql('{ viewer { id } }', {}, { token })).status).toBe(200),
    );
  });
});
