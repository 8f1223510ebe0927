import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuardedFetch, type GuardedFetchOptions } from '../../../../src/core/safe-fetch/guarded-fetch.ts';
import { safeFetchErrorIn } from '../../../../src/core/safe-fetch/safe-fetch-error.ts';

let host = '';
let requests = 0;
const server = http.createServer((request, response) => {
  requests += 1;
  if (request.url === '/away')
    return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  let body = '';
  request.on('data', (bytes) => (body += String(bytes)));
  request.on('end', () => response.end(JSON.stringify({ key: request.headers['x-key'], body })));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function codeOf(url: string, options: Partial<GuardedFetchOptions> = {}): Promise<string | undefined> {
  const guard = new GuardedFetch({ allowedHosts: [], ...options });
  try {
    await guard.fetch(url);
    return 'no error';
  } catch (error) {
    return safeFetchErrorIn(error)?.code;
  } finally {
    await guard.close();
  }
}

describe('GuardedFetch', () => {
  it.each([
    'https://127.0.0.1:8443/',
    'https://127.1:8443/',
    'https://0x7f000001:8443/',
    'https://2130706433:8443/',
    'https://[::1]:8443/',
    'https://[::ffff:127.0.0.1]:8443/',
    'https://10.1.2.3/',
    'https://192.168.0.1/',
    'https://169.254.169.254/',
    'https://[fd00::1]/',
    'https://localhost:8443/',
    'http://example.com/',
    'https://ann:secret@example.com/',
    'https://example.com:5432/',
    'ftp://example.com/',
    'nonsense',
  ])('sends nothing to %s', async (url) => {
    expect(await codeOf(url)).toBe('URL_NOT_ALLOWED');
  });

  it('sends nothing when a name has a private address, be it one of several or only the one that is connected to', async () => {
    const answers =
      (...addresses: string[]): GuardedFetchOptions['lookup'] =>
      (_name, _options, done) =>
        done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
    const before = requests;
    const url = `https://rebound.example.com:${host.split(':')[1]}/`;
    expect(await codeOf(url, { lookup: answers('127.0.0.1') })).toBe('URL_NOT_ALLOWED');
    expect(await codeOf(url, { lookup: answers('93.184.216.34', '127.0.0.1') })).toBe('URL_NOT_ALLOWED');
    let asked = 0;
    const isAllowedAddress = () => (asked += 1) === 1; // the lookup says yes, the socket is another one
    expect(await codeOf(url, { lookup: answers('127.0.0.1'), isAllowedAddress })).not.toBe('no error');
    expect(requests).toBe(before);
  });

  it('calls the hosts that the operator allows, with exactly their port, and follows no redirect', async () => {
    const guard = new GuardedFetch({ allowedHosts: [host] });
    const sent = { method: 'POST', body: 'hello', headers: { 'x-key': 'canary' } };
    const response = await guard.fetch(`http://${host}/v1`, sent);
    expect(await response.json()).toEqual({ key: 'canary', body: 'hello' });
    expect((await guard.fetch(`http://${host}/away`)).status).toBe(302);
    await guard.close();
    expect(await codeOf('http://127.0.0.1:8443/', { allowedHosts: [host] })).toBe('URL_NOT_ALLOWED');
    expect(await codeOf(`http://ann:secret@${host}/`, { allowedHosts: [host] })).toBe('URL_NOT_ALLOWED');
  });

  it('is a fetch like another where the address is allowed', async () => {
    const guard = new GuardedFetch({ allowedHosts: [], isAllowedAddress: () => true });
    await expect(guard.fetch(`https://${host}/`)).rejects.toThrow('fetch failed'); // it speaks no TLS
    await guard.close();
  });
});
