import { Agent, type buildConnector, fetch, type Response } from 'undici';
import { allowedUrl } from './allowed-url.ts';
import { FetchSlots, SlotsFullError } from './fetch-slots.ts';
import { type AddressCheck, guardedConnector, type Lookup } from './guarded-connector.ts';
import { decodeText, isReadable, mediaTypeOf } from './media-type.ts';
import { isPublicAddress } from './public-address.ts';
import { readBody } from './read-body.ts';
import { SafeFetchError, safeFetchErrorIn } from './safe-fetch-error.ts';

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
    lookup,
  }: SafeFetchOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#connect = guardedConnector(isAllowedAddress, lookup);
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

const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const ACCEPT = 'text/html, text/*;q=0.9, application/json;q=0.9, application/xml;q=0.8';
const BUSY = 'Too many pages are being fetched just now.';
const UNREACHABLE = 'The server could not be reached, or the connection was interrupted.';

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

interface Attempt {
  agent: Agent;
  maxBytes: number;
  signal: AbortSignal;
}
