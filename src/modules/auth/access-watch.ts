import type { Credential, Viewer } from '../../access/viewer.ts';
import type { UnauthenticatedReason } from '../../errors.ts';
import type { Logger } from '../../infra/logger.ts';
import type { Authenticator } from './authenticator.ts';

/**
 * Notifies long-lived connections when the access of their viewer ends: the credential expires or is revoked, or the
 * role changes. Each check reads the credentials of all open connections of this process, one query per kind. While the
 * database is unavailable, only expiry is enforced: to end every connection would turn a short outage into a long one.
 */
export class AccessWatch {
  readonly #options: AccessWatchOptions;
  readonly #watched = new Set<Watched>();
  /** The kinds whose query has not been answered. */
  readonly #asked = new Set<Credential['kind']>();
  readonly #failing = new Set<Credential['kind']>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: AccessWatchOptions) {
    this.#options = options;
  }

  /** Calls `onEnd` once, within a second of the end, unless the returned function was called before. */
  watch(viewer: Viewer, onEnd: (end: AccessEnd) => void): () => void {
    const watched = { viewer, onEnd };
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#check(), CHECK_INTERVAL_MS).unref();
    return () => void this.#release(watched);
  }

  close(): void {
    for (const watched of this.#watched) this.#release(watched);
  }

  #release(watched: Watched): boolean {
    const wasWatched = this.#watched.delete(watched);
    if (this.#timer && this.#watched.size === 0) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    return wasWatched;
  }

  /** Expiry is checked each time; the roles of a kind only after its last query was answered. */
  #check(): void {
    const now = this.#options.clock();
    for (const watched of this.#watched) {
      const { kind, expiresAt } = watched.viewer.credential;
      if (expiresAt && expiresAt <= now)
        this.#end(watched, kind === 'API_KEY' ? ACCESS_ENDS.keyExpired : ACCESS_ENDS.expired);
    }
    const byKind = Map.groupBy(this.#watched, ({ viewer }) => viewer.credential.kind);
    for (const authenticator of this.#options.authenticators) {
      const watched = byKind.get(authenticator.kind);
      if (watched && !this.#asked.has(authenticator.kind)) void this.#checkRoles(authenticator, watched);
    }
  }

  async #checkRoles(authenticator: Authenticator, watched: readonly Watched[]): Promise<void> {
    const { kind } = authenticator;
    this.#asked.add(kind);
    try {
      const ids = new Set(watched.map(({ viewer }) => viewer.credential.id));
      const roles = await authenticator.currentRoles([...ids]);
      for (const one of watched) {
        const role = roles.get(one.viewer.credential.id);
        if (!role) this.#end(one, kind === 'API_KEY' ? ACCESS_ENDS.keyRevoked : ACCESS_ENDS.signedOut);
        else if (role !== one.viewer.role) this.#end(one, ACCESS_ENDS.roleChanged);
      }
      this.#failing.delete(kind);
    } catch (error) {
      const { logger } = this.#options;
      if (!this.#failing.has(kind))
        logger.warn({ err: error, kind }, 'access check failed; only token expiry is enforced');
      this.#failing.add(kind);
    } finally {
      this.#asked.delete(kind);
    }
  }

  #end(watched: Watched, end: AccessEnd): void {
    if (this.#release(watched)) watched.onEnd(end);
  }
}

/** Leaves time for the query within a second. */
const CHECK_INTERVAL_MS = 800;

/** After a change of role the same credentials are valid again, so the client only connects anew. */
export const ACCESS_ENDS = {
  expired: { reason: 'EXPIRED', message: 'Access token expired' },
  signedOut: { reason: 'REVOKED', message: 'Signed out' },
  keyExpired: { reason: 'EXPIRED', message: 'API key expired' },
  keyRevoked: { reason: 'REVOKED', message: 'API key revoked' },
  roleChanged: { reason: 'EXPIRED', message: 'Role changed' },
} as const satisfies Record<string, AccessEnd>;

/** Why access has ended, and in words for people. */
export interface AccessEnd {
  reason: UnauthenticatedReason;
  message: string;
}

interface Watched {
  viewer: Viewer;
  onEnd: (end: AccessEnd) => void;
}

export interface AccessWatchOptions {
  authenticators: readonly Authenticator[];
  logger: Pick<Logger, 'warn'>;
  clock: () => Date;
}
