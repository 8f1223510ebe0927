import type { Credential, Viewer } from '../../access/viewer.ts';
import type { Role } from '../../generated/prisma/enums.ts';
import type { Logger } from '../../infra/logger.ts';
import type { Authenticator } from './authenticator.ts';

/**
 * Notifies long-lived connections when the access of their viewer ends: the credential expires or is revoked, or the
 * role changes. Each check reads the credentials of all open connections of this process, one query per kind.
 */
export class AccessWatch {
  readonly #options: AccessWatchOptions;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | null = null;
  #isFailing = false;

  constructor(options: AccessWatchOptions) {
    this.#options = options;
  }

  /** Calls `onEnd` once, within a second of the end, unless the returned function was called before. */
  watch(viewer: Viewer, onEnd: (reason: string) => void): () => void {
    const watched = { viewer, onEnd };
    this.#watched.add(watched);
    this.#timer ??= this.#schedule();
    return () => this.#watched.delete(watched);
  }

  close(): void {
    this.#watched.clear();
    if (this.#timer) clearTimeout(this.#timer);
  }

  #schedule(): NodeJS.Timeout {
    return setTimeout(() => void this.#check(), CHECK_INTERVAL_MS).unref();
  }

  async #check(): Promise<void> {
    const checked = [...this.#watched];
    const roles = await this.#currentRoles(checked);
    for (const watched of checked) {
      const reason = this.#reasonToEnd(watched.viewer, roles);
      if (reason && this.#watched.delete(watched)) watched.onEnd(reason);
    }
    this.#timer = this.#watched.size > 0 ? this.#schedule() : null;
  }

  /** Null while the database is unavailable. */
  async #currentRoles(checked: Watched[]): Promise<RolesByKind | null> {
    try {
      const roles: RolesByKind = new Map();
      const byKind = Map.groupBy(
        checked.map(({ viewer }) => viewer.credential),
        ({ kind }) => kind,
      );
      for (const authenticator of this.#options.authenticators) {
        const ids = new Set(byKind.get(authenticator.kind)?.map(({ id }) => id));
        if (ids.size > 0) roles.set(authenticator.kind, await authenticator.currentRoles([...ids]));
      }
      this.#isFailing = false;
      return roles;
    } catch (error) {
      if (!this.#isFailing) {
        this.#options.logger.warn({ err: error }, 'access check failed; only token expiry is enforced');
      }
      this.#isFailing = true;
      return null;
    }
  }

  #reasonToEnd({ credential, role }: Viewer, roles: RolesByKind | null): string | null {
    const { kind, id, expiresAt } = credential;
    if (expiresAt && expiresAt <= this.#options.clock()) return 'Access token expired';
    if (!roles) return null;
    const current = roles.get(kind)?.get(id);
    if (!current) return 'Signed out';
    return current === role ? null : 'Role changed';
  }
}

/** Leaves time for the check itself within a second. */
const CHECK_INTERVAL_MS = 800;

type RolesByKind = Map<Credential['kind'], ReadonlyMap<string, Role>>;

interface Watched {
  viewer: Viewer;
  onEnd: (reason: string) => void;
}

export interface AccessWatchOptions {
  authenticators: readonly Authenticator[];
  logger: Pick<Logger, 'warn'>;
  clock: () => Date;
}
