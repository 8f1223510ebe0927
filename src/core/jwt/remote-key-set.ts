import type { KeyObject } from 'node:crypto';
import { Agent, fetch } from 'undici';
import { readBody } from '../safe-fetch/read-body.ts';
import { algorithmOf, type PublicKeyAlgorithm, readPublicKey } from './verification-key.ts';

/**
 * The public keys that an issuer publishes at a URL (JWKS, RFC 7517).
 *
 * Keys younger than `REFRESH_AFTER_MS` are used as they are. Older ones are used while they are being fetched again, and
 * those older than `MAX_AGE_MS` are not used: a removed key stops working, also when the URL cannot be reached. A key
 * that is not there may be new, so the set is fetched again for it. No more than one fetch starts within
 * `COOL_DOWN_MS`, whatever tokens ask for.
 */
export class RemoteKeySet {
  readonly #url: string;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #closed = new AbortController();
  #keys: readonly PublishedKey[] = [];
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #pending: Promise<void> | null = null;

  constructor({ url, now, onError }: RemoteKeySetOptions) {
    this.#url = url;
    this.#now = now;
    this.#onError = onError;
  }

  /** The key for tokens of an algorithm. Null when there is none. Errors: KeysUnavailableError. */
  async find(algorithm: PublicKeyAlgorithm, kid: unknown): Promise<KeyObject | null> {
    if (this.#age() > MAX_AGE_MS) await this.#refresh();
    else if (this.#age() > REFRESH_AFTER_MS) void this.#refresh();
    if (this.#age() > MAX_AGE_MS) throw new KeysUnavailableError();

    const known = this.#match(algorithm, kid);
    if (known) return known;
    await this.#refresh();
    return this.#match(algorithm, kid);
  }

  close(): void {
    this.#closed.abort();
  }

  /** A token without a `kid` has a key only if it can be no other one. */
  #match(algorithm: PublicKeyAlgorithm, kid: unknown): KeyObject | null {
    const keys = this.#keys.filter((key) => key.algorithm === algorithm);
    if (kid === undefined) return keys.length === 1 ? keys[0]!.key : null;
    return keys.find((key) => key.kid === kid)?.key ?? null;
  }

  #age(): number {
    return this.#now() - this.#fetchedAt;
  }

  /** Never rejects. Does nothing while it is too early for another fetch. */
  #refresh(): Promise<void> {
    if (this.#pending) return this.#pending;
    const startedAt = this.#now();
    if (startedAt - this.#triedAt < COOL_DOWN_MS) return Promise.resolve();
    this.#triedAt = startedAt;
    this.#pending = fetchKeys(this.#url, this.#closed.signal)
      .then((keys) => {
        this.#keys = keys;
        this.#fetchedAt = startedAt;
      })
      .catch((error: unknown) => {
        if (!this.#closed.signal.aborted) this.#onError(error);
      })
      .finally(() => (this.#pending = null));
    return this.#pending;
  }
}

/** The keys of the issuer could not be fetched, so nothing can be said about its tokens. */
export class KeysUnavailableError extends Error {
  constructor() {
    super('the public keys of the issuer are unavailable');
    this.name = 'KeysUnavailableError';
  }
}

/** The address is the operator's and may be a private one. Redirects are not followed: only this address is trusted. */
async function fetchKeys(url: string, signal: AbortSignal): Promise<PublishedKey[]> {
  const agent = new Agent({ allowH2: false });
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      dispatcher: agent,
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
    });
    if (response.status !== 200) throw new Error(`the key set was answered with status ${response.status}`);
    const body = await readBody(response.body, MAX_SET_BYTES);
    if (!body) throw new Error(`the key set is larger than ${MAX_SET_BYTES} bytes`);
    const { keys } = JSON.parse(body.toString()) as { keys?: unknown };
    if (!Array.isArray(keys)) throw new Error('the key set has no list of keys');
    return keys.slice(0, MAX_KEYS).flatMap((jwk) => publishedKey(jwk) ?? []);
  } finally {
    await agent.destroy();
  }
}

/** Null for a key that is of another kind, for another purpose, or not valid. */
function publishedKey(jwk: Partial<Record<string, unknown>> | null): PublishedKey | null {
  const key = readPublicKey(jwk);
  const algorithm = key && algorithmOf(key);
  if (!jwk || !key || !algorithm) return null;
  const isForSignatures = jwk['use'] === undefined || jwk['use'] === 'sig';
  // The newer name of EdDSA with this curve, RFC 9864.
  const isItsAlgorithm = [undefined, algorithm, algorithm === 'EdDSA' && 'Ed25519'].includes(
    jwk['alg'] as string | undefined,
  );
  return isForSignatures && isItsAlgorithm ? { kid: jwk['kid'], algorithm, key } : null;
}

const REFRESH_AFTER_MS = 5 * 60_000;
const MAX_AGE_MS = 10 * 60_000;
const COOL_DOWN_MS = 10_000;
const FETCH_TIMEOUT_MS = 3_000;
const MAX_SET_BYTES = 256 * 1024;
const MAX_KEYS = 100;

export interface RemoteKeySetOptions {
  url: string;
  /** Milliseconds. */
  now: () => number;
  onError: (error: unknown) => void;
}

interface PublishedKey {
  kid: unknown;
  algorithm: PublicKeyAlgorithm;
  key: KeyObject;
}
