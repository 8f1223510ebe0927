import { Agent, fetch as undiciFetch } from 'undici';
import { allowedUrl } from './allowed-url.ts';
import { type AddressCheck, guardedConnector, type Lookup } from './guarded-connector.ts';
import { isPublicAddress } from './public-address.ts';
import { refusedUrl } from './safe-fetch-error.ts';

/**
 * A `fetch` for servers that users name: https on the public internet, and whatever hosts the operator allows. Follows no
 * redirect, and uses no proxy of this process. The caller limits time and size.
 */
export class GuardedFetch {
  readonly #allowedHosts: ReadonlySet<string>;
  readonly #agent: Agent;

  /** `allowedHosts`: as in URLs, e.g. `gateway.internal` or `10.0.0.5:8080`; a port belongs to it unless it is the usual one. */
  constructor({ allowedHosts, isAllowedAddress = isPublicAddress, lookup }: GuardedFetchOptions) {
    this.#allowedHosts = new Set(allowedHosts);
    this.#agent = new Agent({ connect: guardedConnector(isAllowedAddress, lookup), allowH2: false });
  }

  /** Errors: SafeFetchError URL_NOT_ALLOWED, before anything is sent. It may be the cause of the error that is thrown. */
  readonly fetch: typeof fetch = async (input, init) => {
    const url = this.check(input instanceof Request ? input.url : String(input));
    const request = { ...init, redirect: 'manual' as const };
    if (this.#isAllowedByOperator(url)) return fetch(url, request);
    const guarded = { ...request, dispatcher: this.#agent } as Parameters<typeof undiciFetch>[1];
    return (await undiciFetch(url, guarded)) as unknown as Response;
  };

  /** The parsed URL, by its text: no name is resolved. Errors: SafeFetchError URL_NOT_ALLOWED. */
  check(text: string): URL {
    const parsed = URL.parse(text);
    if (parsed && parsed.username === '' && parsed.password === '' && this.#isAllowedByOperator(parsed))
      return parsed;
    const url = allowedUrl(text);
    if (url.protocol === 'https:') return url;
    throw refusedUrl('The URL must use https, so that nobody on the way can read the key.');
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #isAllowedByOperator({ protocol, host }: URL): boolean {
    return /^https?:$/.test(protocol) && this.#allowedHosts.has(host);
  }
}

export interface GuardedFetchOptions {
  allowedHosts: Iterable<string>;
  isAllowedAddress?: AddressCheck;
  lookup?: Lookup;
}
