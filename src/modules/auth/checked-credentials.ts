import type { Viewer } from '../../access/viewer.ts';
import { hashSecret } from './secret.ts';

/**
 * Remembers for a moment who a credential was found to be, so that the queries of a caller need not verify and read the
 * same again and again. Only queries may rest on it: what changes something, or stays open, checks its credential anew.
 *
 * Access that ends in another process, by command or by time ends here with the life of a check, whatever else is away;
 * `clear` makes what this process has changed count at once. Holds hashes of credentials, never a credential.
 */
export class CheckedCredentials {
  readonly #clock: () => Date;
  /** By the hash of the credential, the oldest first. */
  readonly #checks = new Map<string, Check>();

  constructor({ clock }: { clock: () => Date }) {
    this.#clock = clock;
  }

  /** The viewer of a credential: as checked a moment ago, else as `check` says. Errors: those of `check`; none is remembered. */
  async viewerOf(credential: string, check: () => Promise<Viewer>): Promise<Viewer> {
    const key = hashSecret(credential);
    const known = this.#checks.get(key);
    if (known && isFresh(known)) {
      const viewer = await known.viewer;
      if (!this.#hasExpired(viewer)) return viewer;
    }
    return this.#check(key, check);
  }

  /** Makes every credential be checked again, also those whose check has begun. */
  clear(): void {
    this.#checks.clear();
  }

  get size(): number {
    return this.#checks.size;
  }

  async #check(key: string, run: () => Promise<Viewer>): Promise<Viewer> {
    const check = { startedAt: performance.now(), viewer: run() };
    this.#checks.delete(key); // so that it becomes the newest
    this.#checks.set(key, check);
    for (const [oldest, other] of this.#checks) {
      if (isFresh(other) && this.#checks.size <= MAX_CHECKS) break;
      this.#checks.delete(oldest);
    }
    try {
      return await check.viewer;
    } catch (error) {
      if (this.#checks.get(key) === check) this.#checks.delete(key);
      throw error;
    }
  }

  /** Then the database says whether it is really over: its clock counts. */
  #hasExpired({ credential: { expiresAt } }: Viewer): boolean {
    return expiresAt !== null && expiresAt <= this.#clock();
  }
}

/** Counted from before the check, because it says what was true then. */
function isFresh({ startedAt }: Check): boolean {
  return performance.now() - startedAt < CHECK_LIFE_MS;
}

/** As often as open connections are checked, so that access ends within a second everywhere. */
export const CHECK_LIFE_MS = 800;
/** About 10 MB. */
export const MAX_CHECKS = 10_000;

interface Check {
  viewer: Promise<Viewer>;
  /** On the clock of `performance.now()`, which no correction of the time moves. */
  startedAt: number;
}

declare module '../../kernel/context.ts' {
  interface Services {
    checkedCredentials: CheckedCredentials;
  }
}
