import { execFile } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SafeFetch, type SafeFetchOptions } from '../../../../src/core/safe-fetch/safe-fetch.ts';
import { eventually } from '../../../support/eventually.ts';

const signal = new AbortController().signal;
const options = { signal, timeoutMs: 5_000 };
const servers: Server[] = [];
const MEGABYTE = Buffer.alloc(1024 * 1024);

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('SafeFetch: allowed destinations', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    'localhost',
    'localhost.',
    'LOCALHOST',
  ])('rejects loopback written as %s, without connecting', async (host) => {
    const server = await serve(page('internal'));
    await expect(new SafeFetch().text(`http://${host}:${server.port}/`, options)).rejects.toMatchObject({
      code: 'URL_NOT_ALLOWED',
    });
    expect(server.connections).toBe(0);
  });

  it.each([
    '[fd00::1]',
    '[fe80::1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '10.0.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '[::]',
    '168.63.129.16',
  ])('rejects %s immediately', async (host) => {
    await expect(new SafeFetch().text(`http://${host}/`, options)).rejects.toMatchObject({
      code: 'URL_NOT_ALLOWED',
    });
  });

  it.each([
    'file:///etc/passwd',
    'gopher://example.com/',
    'ftp://example.com/',
    'data:text/plain,hello',
    'javascript:alert(1)',
    'http://user:secret@example.com/',
    'http://example.com@127.0.0.1/',
    'http://example.com:22/',
    'http://example.com:25/',
    'http://example.com:5432/',
    'http://example.com:6379/',
    'http://example.com:27017/',
    '/relative',
    'http://',
    'not a url',
    '',
  ])('rejects %j before a name lookup', async (url) => {
    const lookup = vi.fn<NonNullable<SafeFetchOptions['lookup']>>();
    await expect(new SafeFetch({ lookup }).text(url, options)).rejects.toMatchObject({
      code: 'URL_NOT_ALLOWED',
    });
    expect(lookup).not.toHaveBeenCalled();
  });

  it('rejects a name if any of its addresses is not allowed', async () => {
    const server = await serve(page('internal'));
    const safeFetch = new SafeFetch({
      isAllowedAddress: is('127.0.0.1'),
      lookup: answers(['127.0.0.1', '10.0.0.1']),
    });
    await expect(safeFetch.text(`http://mixed.example:${server.port}/`, options)).rejects.toMatchObject({
      code: 'URL_NOT_ALLOWED',
    });
    expect(server.connections).toBe(0);
  });

  it('looks up a name for each connection, and rejects a rebound one', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/again', connection: 'close' }).end();
      else response.end('internal');
    });
    const lookup = answers(['127.0.0.1'], ['127.0.0.2']);
    const safeFetch = new SafeFetch({ isAllowedAddress: is('127.0.0.1'), lookup });
    await expect(safeFetch.text(`http://rebound.example:${server.port}/`, options)).rejects.toMatchObject({
      code: 'URL_NOT_ALLOWED',
    });
    expect(server.paths).toEqual(['/']);
  });

  it('checks the address of the connected socket before it sends data', async () => {
    const server = await serve(page('internal'));
    const checks = [true, false];
    const safeFetch = new SafeFetch({
      isAllowedAddress: () => checks.shift() ?? false,
      lookup: answers(['127.0.0.1']),
    });
    await expect(safeFetch.text(`http://swapped.example:${server.port}/`, options)).rejects.toMatchObject({
      code: 'URL_NOT_ALLOWED',
    });
    expect(server.paths).toEqual([]);
  });

  it('throws the same error for a name that does not exist and one that is not public', async () => {
    const refusals = await Promise.all(
      [answers([]), answers(['10.0.0.1']), answers(['127.0.0.1'])].map((lookup) =>
        new SafeFetch({ lookup }).text('http://intranet.example/', options).catch((error: unknown) => error),
      ),
    );
    expect(
      new Set(refusals.map((error) => `${String(error)} ${(error as { code: string }).code}`)).size,
    ).toBe(1);
  });

  it('ignores proxy settings of the environment', async () => {
    const server = await serve(page('direct'));
    const proxy = await serveProxy('through the proxy');
    const script = `
      import { SafeFetch } from ${JSON.stringify(new URL('../../../../src/core/safe-fetch/safe-fetch.ts', import.meta.url).href)};
      const url = 'http://127.0.0.1:${server.port}/';
      const safeFetch = new SafeFetch({ isAllowedAddress: () => true });
      const { text } = await safeFetch.text(url, { signal: AbortSignal.timeout(5000), timeoutMs: 5000 });
      const other = await (await fetch(url)).text();
      console.log(JSON.stringify({ text, other }));`;
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;
    const env = {
      ...process.env,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: proxyUrl,
      http_proxy: proxyUrl,
      NO_PROXY: '',
      no_proxy: '',
    };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env,
    });
    expect(JSON.parse(stdout)).toEqual({ text: 'direct', other: 'through the proxy' });
  });
});

describe('SafeFetch: redirects', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://user:secret@127.0.0.1/',
    'file:///etc/passwd',
    'http://127.0.0.1:6379/',
  ])('rejects a redirect to %s', async (location) => {
    const server = await serve((_request, response) => response.writeHead(302, { location }).end());
    await expect(local().text(server.url, options)).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
    expect(server.paths).toEqual(['/']);
  });

  it.each([301, 302, 303, 307, 308])(
    'follows a relative redirect with status %d and returns the final URL',
    async (status) => {
      const server = await serve((request, response) => {
        if (request.url === '/') response.writeHead(status, { location: 'next?x=1' }).end();
        else response.setHeader('content-type', 'text/plain').end('there');
      });
      await expect(local().text(server.url, options)).resolves.toEqual({
        url: `${server.url}next?x=1`,
        mediaType: 'text/plain',
        text: 'there',
      });
    },
  );

  it('follows at most three redirects', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url!.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
      else response.setHeader('content-type', 'text/plain').end('there');
    });
    await expect(local().text(`${server.url}3`, options)).resolves.toMatchObject({ text: 'there' });
    await expect(local().text(`${server.url}4`, options)).rejects.toMatchObject({
      code: 'TOO_MANY_REDIRECTS',
    });
  });
});

describe('SafeFetch: accepted content', () => {
  it.each([
    ['text/html', 'text/html; charset=utf-8', Buffer.from('<p>안녕</p>'), '<p>안녕</p>'],
    ['application/json', 'application/json', Buffer.from('{"a":1}'), '{"a":1}'],
    ['application/rss+xml', 'application/rss+xml', Buffer.from('<rss/>'), '<rss/>'],
    ['text/plain', 'text/plain; charset=euc-kr', Buffer.from([0xc7, 0xd1, 0xb1, 0xdb]), '한글'],
    [
      'text/html',
      'text/html',
      Buffer.from('<meta charset="iso-8859-1">\xe9', 'latin1'),
      '<meta charset="iso-8859-1">é',
    ],
    ['text/plain', 'text/plain; charset=nonsense', Buffer.from('é'), 'é'],
  ])('decodes %s (%s)', async (mediaType, contentType, body, text) => {
    const server = await serve((_request, response) =>
      response.setHeader('content-type', contentType).end(body),
    );
    await expect(local().text(server.url, options)).resolves.toMatchObject({ mediaType, text });
  });

  it.each(['application/pdf', 'image/png', 'application/octet-stream', 'application/zip', '', 'nonsense'])(
    'rejects content of type %j',
    async (contentType) => {
      const server = await serve((_request, response) =>
        response.setHeader('content-type', contentType).end('x'),
      );
      await expect(local().text(server.url, options)).rejects.toMatchObject({ code: 'UNREADABLE' });
    },
  );

  it.each([304, 400, 404, 500])('rejects status %d', async (status) => {
    const server = await serve((_request, response) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(),
    );
    await expect(local().text(server.url, options)).rejects.toMatchObject({ code: 'HTTP_ERROR' });
  });

  it('decompresses the body', async () => {
    const server = await serve((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
        .end(gzipSync('small')),
    );
    await expect(local().text(server.url, options)).resolves.toMatchObject({ text: 'small' });
  });
});

describe('SafeFetch: limits', () => {
  it('rejects a body that is declared too large without reading it', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1001' }).write('x');
    });
    await expect(local({ maxBytes: 1_000 }).text(server.url, options)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('reads a body of exactly the maximum size', async () => {
    const server = await serve((_request, response) =>
      response.setHeader('content-type', 'text/plain').end('x'.repeat(1_000)),
    );
    await expect(local({ maxBytes: 1_000 }).text(server.url, options)).resolves.toMatchObject({
      text: 'x'.repeat(1_000),
    });
    await expect(local({ maxBytes: 999 }).text(server.url, options)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  it('stops reading an endless body', async () => {
    const server = await serve((_request, response) => {
      response.setHeader('content-type', 'text/plain');
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', write);
      write();
    });
    await expect(local().text(server.url, options)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await eventually(() => expect(server.open).toBe(0));
  });

  it('applies the limit to the decompressed size', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
      const zeros = Readable.from(Array.from({ length: 256 }, () => MEGABYTE));
      pipeline(zeros, createGzip(), response, () => {});
    });
    const before = process.memoryUsage().arrayBuffers;
    await expect(local({ maxBytes: 10_000_000 }).text(server.url, options)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MEGABYTE.length);
  });

  it.each([
    ['before it answers', () => {}],
    [
      'in the middle of its answer',
      (response: Parameters<RequestListener>[1]) =>
        response.writeHead(200, { 'content-type': 'text/plain' }).write('x'),
    ],
  ])('times out on a server that stops %s', async (_when, answer) => {
    const server = await serve((_request, response) => void answer(response));
    await expect(local().text(server.url, { signal, timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    await eventually(() => expect(server.open).toBe(0));
  });

  it.each(['refuses the connection', 'breaks off its answer'])(
    'reports a server that %s as unreachable',
    async (how) => {
      const server = await serve((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '10' }).write('x');
        setImmediate(() => response.destroy());
      });
      if (how === 'refuses the connection') await new Promise((resolve) => servers.pop()!.close(resolve));
      await expect(local().text(server.url, options)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    },
  );

  it('stops immediately when the signal aborts, with its reason', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const fetched = local().text(server.url, { signal: controller.signal, timeoutMs: 60_000 });
    await eventually(() => expect(server.paths).toEqual(['/']));
    const reason = new Error('cancelled');
    controller.abort(reason);
    await expect(fetched).rejects.toBe(reason);
    await eventually(() => expect(server.open).toBe(0));
  });

  it('fetches two pages of a host at a time, and the others after them', async () => {
    const answers: (() => void)[] = [];
    const server = await serve((_request, response) => {
      answers.push(() => response.setHeader('content-type', 'text/plain').end('there'));
    });
    const fetcher = local();
    const fetched = Promise.all([1, 2, 3].map((n) => fetcher.text(`${server.url}${n}`, options)));
    await eventually(() => expect(server.paths).toHaveLength(2));
    answers.shift()!();
    await eventually(() => expect(server.paths).toHaveLength(3));
    for (const answer of answers) answer();
    expect(await fetched).toHaveLength(3);
  });

  it('closes all connections', async () => {
    const server = await serve(page('there'));
    await local().text(server.url, options);
    await eventually(() => expect(server.open).toBe(0));
  });
});

/** Allowed to connect only to this machine. */
function local(settings: SafeFetchOptions = {}) {
  return new SafeFetch({ isAllowedAddress: is('127.0.0.1'), ...settings });
}

function is(allowed: string) {
  return (address: string) => address === allowed;
}

/** A lookup that returns one answer after the other and repeats the last one. */
function answers(...rounds: string[][]): NonNullable<SafeFetchOptions['lookup']> {
  let round = 0;
  return (_hostname, _options, callback) => {
    const addresses = rounds[Math.min(round++, rounds.length - 1)]!;
    const error = addresses.length > 0 ? null : Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    callback(
      error,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
}

function page(text: string): RequestListener {
  return (_request, response) => response.setHeader('content-type', 'text/plain').end(text);
}

/** A proxy that answers every tunnel itself. */
async function serveProxy(text: string) {
  const proxy = await serve(page(text));
  servers.at(-1)!.on('connect', (_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`));
  });
  return proxy;
}

async function serve(listener: RequestListener) {
  const seen = { connections: 0, open: 0, paths: new Array<string>(), port: 0, url: '' };
  const server = createServer((request, response) => {
    seen.paths.push(request.url!);
    listener(request, response);
  });
  server.on('connection', (socket) => {
    seen.connections += 1;
    seen.open += 1;
    socket.on('close', () => (seen.open -= 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  seen.port = (server.address() as AddressInfo).port;
  seen.url = `http://127.0.0.1:${seen.port}/`;
  return seen;
}
