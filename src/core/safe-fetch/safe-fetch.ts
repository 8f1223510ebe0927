import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, fetch, type Response } from 'undici';
import { FetchSlots, SlotsFullError } from './fetch-slots.ts';
import { decodeText, isReadable, mediaTypeOf } from './media-type.ts';
import { isPublicAddress } from './public-address.ts';
import { readBody } from './read-body.ts';

/**
 * Fetches untrusted URLs: connects only to the public internet, reads only text, and limits time, size and redirects.
 *
 * Addresses are checked three times: in the URL (after the URL parser has normalized forms like `127.1` and `0x7f.1`),
 * in every answer of the name lookup, and on the connected socket. The error for a name that does not exist is the
 * same as for a name that is not public. Uses no proxy, cookie or credential of this process, and closes its
 * connections at the end of each call. One object runs 16 fetches at a time, 2 of them to one host.
 *
 * @example const { text } = await new SafeFetch().text('https://example.com/', { signal, timeoutMs: 10_000 });
 */
export class SafeFetch {
  readonly #maxBytes: number;
  readonly #connect: buildConnector.connector;
  readonly #slots = new FetchSlots({ maxTotal: 16, maxPerHost: 2, maxWaiting: 500 });

  constructor({
    maxBytes = 2 * 1024 * 1024,
    isAllowedAddress = isPublicAddress,
    lookup = systemLookup,
  }: SafeFetchOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#connect = guardedConnector(isAllowedAddress, guardedLookup(isAllowedAddress, lookup));
  }

  /**
   * Fetches the text of a URL. `timeoutMs` covers the whole call, including redirects and the wait for a turn.
   * Errors: SafeFetchError; the reason of `signal` when it aborts.
   */
  async text(
    url: string,
    { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
  ): Promise<FetchedText> {
    const start = allowedUrl(url);
    const timeout = AbortSignal.timeout(timeoutMs);
    const both = AbortSignal.any([signal, timeout]);
    try {
      const release = await this.#slots.take(start.hostname, both);
      return await this.#fetch(start, both).finally(release);
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw new SafeFetchError('TIMEOUT', `No complete answer within ${timeoutMs} ms.`);
      if (error instanceof SlotsFullError) throw new SafeFetchError('BUSY', BUSY);
      throw safeFetchErrorIn(error) ?? new SafeFetchError('UNREACHABLE', UNREACHABLE, { cause: error });
    }
  }

  async #fetch(url: URL, signal: AbortSignal): Promise<FetchedText> {
    const agent = new Agent({ connect: this.#connect, allowH2: false });
    try {
      return await fetchFollowing(url, { agent, maxBytes: this.#maxBytes, signal });
    } finally {
      await agent.destroy();
    }
  }
}

async function fetchFollowing(start: URL, { agent, maxBytes, signal }: Attempt): Promise<FetchedText> {
  let url = start;
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(url, {
      redirect: 'manual',
      dispatcher: agent,
      signal,
      headers: { accept: ACCEPT },
    });
    const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
    if (location === null) return readText(url, response, maxBytes);
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS) {
      throw new SafeFetchError('TOO_MANY_REDIRECTS', `The page redirects more than ${MAX_REDIRECTS} times.`);
    }
    url = allowedUrl(location, url);
  }
}

function allowedUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (!url) throw refusedUrl('The URL is not valid.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refusedUrl('Only http and https URLs are fetched.');
  if (url.username !== '' || url.password !== '')
    throw refusedUrl('A URL with a user name or password is not fetched.');
  const port = url.port === '' ? null : Number(url.port);
  if (port !== null && !isAllowedPort(port)) throw refusedUrl(`Port ${port} is not fetched.`);
  return url;
}

function isAllowedPort(port: number): boolean {
  return port === 80 || port === 443 || (port >= FIRST_UNPRIVILEGED_PORT && !INTERNAL_SERVICES.has(port));
}

async function readText(url: URL, response: Response, maxBytes: number): Promise<FetchedText> {
  if (!response.ok)
    throw new SafeFetchError('HTTP_ERROR', `The server answered with status ${response.status}.`);
  const contentType = response.headers.get('content-type');
  const mediaType = mediaTypeOf(contentType);
  if (!isReadable(contentType)) {
    const what = mediaType === null ? 'content without a type' : mediaType;
    throw new SafeFetchError(
      'UNREADABLE',
      `The URL holds ${what}; only text, HTML, JSON and XML can be read.`,
    );
  }
  const declaredBytes = Number(response.headers.get('content-length'));
  const body = declaredBytes > maxBytes ? null : await readBody(response.body, maxBytes);
  if (!body) throw new SafeFetchError('TOO_LARGE', `The page is larger than ${maxBytes} bytes.`);
  return { url: url.href, mediaType: mediaType!, text: decodeText(body, contentType) };
}

function guardedConnector(isAllowedAddress: AddressCheck, lookup: LookupFunction): buildConnector.connector {
  const connect = buildConnector({ lookup, allowH2: false });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !isAllowedAddress(host)) {
      callback(refusedUrl(NOT_PUBLIC), null);
      return;
    }
    connect(options, (error, socket) => {
      if (error) {
        callback(error, null);
      } else if (isAllowedAddress(socket!.remoteAddress ?? '')) {
        callback(null, socket!);
      } else {
        socket!.destroy();
        callback(refusedUrl(NOT_PUBLIC), null);
      }
    });
  };
}

/** One forbidden address forbids the name, because the connector may use any of its addresses. */
function guardedLookup(isAllowedAddress: AddressCheck, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first || !addresses.every(({ address }) => isAllowedAddress(address))) {
        callback(refusedUrl(NOT_PUBLIC), '');
      } else if (options.all) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}

function refusedUrl(message: string): SafeFetchError {
  return new SafeFetchError('URL_NOT_ALLOWED', message);
}

/** `fetch` wraps the errors of its connector. */
function safeFetchErrorIn(error: unknown): SafeFetchError | undefined {
  if (error instanceof SafeFetchError) return error;
  return error instanceof Error ? safeFetchErrorIn(error.cause) : undefined;
}

export class SafeFetchError extends Error {
  readonly code: SafeFetchErrorCode;

  constructor(code: SafeFetchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SafeFetchError';
    this.code = code;
  }
}

const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const ACCEPT = 'text/html, text/*;q=0.9, application/json;q=0.9, application/xml;q=0.8';
const NOT_PUBLIC = 'The host of the URL does not exist or is not on the public internet.';
const BUSY = 'Too many pages are being fetched just now.';
const UNREACHABLE = 'The server could not be reached, or the connection was interrupted.';

const FIRST_UNPRIVILEGED_PORT = 1_024;
/** Databases, queues, caches, remote desktops and control planes, which do not serve web pages. */
const INTERNAL_SERVICES: ReadonlySet<number> = new Set([
  1433, 1521, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5433, 5601, 5672, 5900, 5984,
  5985, 5986, 6379, 6380, 6443, 7000, 7001, 7474, 7687, 8086, 8200, 8300, 8500, 8529, 9042, 9092, 9093, 9160,
  9200, 9300, 10250, 10255, 11211, 15672, 16379, 26257, 26379, 27017, 27018, 27019, 28015, 50000, 50070,
]);

export interface FetchedText {
  /** The final URL, after redirects. */
  url: string;
  /** e.g. `text/html`. */
  mediaType: string;
  text: string;
}

export interface SafeFetchOptions {
  /** Maximum size of the decompressed body. */
  maxBytes?: number;
  isAllowedAddress?: AddressCheck;
  lookup?: Lookup;
}

type AddressCheck = (address: string) => boolean;

type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export type SafeFetchErrorCode =
  /** Not http or https, a forbidden port, credentials in the URL, no such host, or not a public one. */
  | 'URL_NOT_ALLOWED'
  | 'TOO_MANY_REDIRECTS'
  /** The connection failed or was interrupted. */
  | 'UNREACHABLE'
  | 'TIMEOUT'
  /** Too many fetches wait for their turn. */
  | 'BUSY'
  /** A status that is neither success nor a redirect. */
  | 'HTTP_ERROR'
  /** Neither text nor JSON nor XML. */
  | 'UNREADABLE'
  | 'TOO_LARGE';

interface Attempt {
  agent: Agent;
  maxBytes: number;
  signal: AbortSignal;
}
