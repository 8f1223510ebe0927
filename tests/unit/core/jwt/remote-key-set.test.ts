import { beforeEach, describe, expect, it } from 'vitest';
import { KeysUnavailableError, RemoteKeySet } from '../../../../src/core/jwt/remote-key-set.ts';
import { eventually } from '../../../support/eventually.ts';
import { signingKey, testIssuer, type SigningKey } from '../../../support/token-issuer.ts';

const issuer = testIssuer();
const MINUTE = 60_000;

describe('RemoteKeySet', () => {
  let time = 0;
  let errors: unknown[] = [];
  let keySet: RemoteKeySet;
  const first = signingKey('RS256', 'first');
  const second = signingKey('RS256', 'second');

  beforeEach(() => {
    time = 1_000_000;
    errors = [];
    issuer.requests = 0;
    issuer.answer = null;
    issuer.keys = [first];
    keySet = open();
  });

  const open = (url = issuer.url) =>
    new RemoteKeySet({ url, now: () => time, onError: (error) => errors.push(error) });
  const has = async ({ kid }: SigningKey) => (await keySet.find('RS256', kid)) !== null;

  it('fetches the keys once for all who ask, and keeps them', async () => {
    expect(await Promise.all([1, 2, 3].map(() => has(first)))).toEqual([true, true, true]);
    time += 4 * MINUTE;
    expect(await has(first)).toBe(true);
    expect(issuer.requests).toBe(1);
  });

  it('uses keys of more than 5 minutes while it fetches them again', async () => {
    await has(first);
    issuer.keys = [second];
    time += 6 * MINUTE;
    expect(await has(first)).toBe(true);
    await eventually(async () => !(await has(first)) && (await has(second)));
    expect(issuer.requests).toBe(2);
  });

  it('finds a new key at once, and no flood of unknown keys makes a flood of fetches', async () => {
    await has(first);
    issuer.keys = [first, second];
    time += 11_000;
    expect(await has(second)).toBe(true);
    for (let count = 0; count < 1_000; count++) await keySet.find('RS256', `unknown ${count}`);
    expect(issuer.requests).toBe(2);
    time += 11_000;
    await Promise.all(Array.from({ length: 100 }, (_, count) => keySet.find('RS256', `unknown ${count}`)));
    expect(issuer.requests).toBe(3);
  });

  it('survives a short outage, and trusts no key after 10 minutes of one', async () => {
    await has(first);
    issuer.answer = (_request, response) => void response.writeHead(500).end();
    time += 6 * MINUTE;
    expect(await has(first)).toBe(true);
    await eventually(() => errors.length === 1);
    time += 5 * MINUTE;
    await expect(has(first)).rejects.toThrow(KeysUnavailableError);
    issuer.answer = null;
    time += 11_000;
    expect(await has(first)).toBe(true);
  });

  it('does not ask again at once after a failure', async () => {
    issuer.answer = (_request, response) => void response.writeHead(500).end();
    for (let count = 0; count < 100; count++) await expect(has(first)).rejects.toThrow(KeysUnavailableError);
    expect(issuer.requests).toBe(1);
  });

  it('takes a token without a kid only if there is one key for its algorithm', async () => {
    issuer.keys = [first, signingKey('ES256')];
    expect(await keySet.find('RS256', undefined)).not.toBeNull();
    expect(await keySet.find('ES256', undefined)).not.toBeNull();
    issuer.keys = [first, second];
    time += 11 * MINUTE;
    expect(await keySet.find('RS256', undefined)).toBeNull();
  });

  it('takes a key only for its own algorithm, for signatures, and of a good size', async () => {
    const jwks = [
      { ...first.jwk, kid: 'encryption', use: 'enc' },
      { ...first.jwk, kid: 'other algorithm', alg: 'RS512' },
      { kty: 'oct', kid: 'secret', k: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
      { ...first.privateKey.export({ format: 'jwk' }), kid: 'private' },
      { kid: 'nothing' },
      null,
      'text',
      { ...first.jwk, kid: 'good' },
    ];
    issuer.answer = (_request, response) => void response.end(JSON.stringify({ keys: jwks }));
    const found = await Promise.all(
      ['encryption', 'other algorithm', 'secret', 'private', 'nothing', 'good'].map((kid) =>
        keySet.find('RS256', kid),
      ),
    );
    expect(found.map((key) => key !== null)).toEqual([false, false, false, false, false, true]);
    expect(await keySet.find('ES256', 'good')).toBeNull();
    expect(await keySet.find('EdDSA', 'good')).toBeNull();
  });

  it.each<[string, NonNullable<typeof issuer.answer>]>([
    ['redirects', (_request, response) => void response.writeHead(302, { location: issuer.url }).end()],
    ['is no JSON', (_request, response) => void response.end('<html>')],
    ['has no keys', (_request, response) => void response.end('{"key":[]}')],
    ['is null', (_request, response) => void response.end('null')],
    ['is huge', (_request, response) => void response.end(`{"keys":["${'x'.repeat(2_000_000)}"]}`)],
    ['ends early', (request) => void request.socket.destroy()],
    ['never answers', () => {}],
    ['never ends', (_request, response) => void response.write('{"keys":[')],
  ])('is unavailable when the answer %s', async (_what, answer) => {
    issuer.answer = answer;
    await expect(has(first)).rejects.toThrow(KeysUnavailableError);
    expect(errors).toHaveLength(1);
    expect(issuer.requests).toBe(1);
  });

  it('is unavailable when nobody listens', async () => {
    keySet = open('http://127.0.0.1:1/jwks.json');
    await expect(has(first)).rejects.toThrow(KeysUnavailableError);
  });

  it('ends a fetch when it closes, without a complaint', async () => {
    issuer.answer = () => {};
    const asked = expect(has(first)).rejects.toThrow(KeysUnavailableError);
    await eventually(() => issuer.requests === 1);
    keySet.close();
    await asked;
    expect(errors).toEqual([]);
  });
});
