import type { Role } from '../../../generated/prisma/enums.ts';
import type { Database } from '../../../infra/database.ts';
import type { Logger } from '../../../infra/logger.ts';
import type { Viewer } from '../../../access/viewer.ts';

/**
 * Tells long-lived connections when their viewer's access ends: the token expires, the session is ended, or the
 * role changes. One statement a turn asks for all sessions of the process that have connections open.
 */
export class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | null = null;
  #isBlind = false;

  constructor(options: SessionWatchOptions) {
    this.#options = options;
  }

  /** Calls `onEnd` once, within a second of the end, unless the returned function was called before. */
  watch(viewer: Viewer, expiresAt: Date, onEnd: (reason: string) => void): () => void {
    const watched = { viewer, expiresAt, onEnd };
    this.#watched.add(watched);
    this.#timer ??= this.#schedule();
    return () => this.#watched.delete(watched);
  }

  close(): void {
    this.#watched.clear();
    if (this.#timer) clearTimeout(this.#timer);
  }

  #schedule(): NodeJS.Timeout {
    return setTimeout(() => void this.#turn(), TURN_MS).unref();
  }

  async #turn(): Promise<void> {
    const asked = [...this.#watched];
    const roles = await this.#currentRoles(asked);
    for (const watched of asked) {
      const reason = this.#reasonToEnd(watched, roles);
      if (reason && this.#watched.delete(watched)) watched.onEnd(reason);
    }
    this.#timer = this.#watched.size > 0 ? this.#schedule() : null;
  }

  /** The role of the user of each session that goes on; null while the database is away. */
  async #currentRoles(asked: Watched[]): Promise<Map<string, Role> | null> {
    const { database, logger } = this.#options;
    const sessionIds = [...new Set(asked.map(({ viewer }) => viewer.sessionId))];
    try {
      const sessions = await database.sql<{ id: string; role: Role }>(
        `SELECT s.id, u.role FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.id = ANY($1) AND s.ended_at IS NULL`,
        [sessionIds],
      );
      this.#isBlind = false;
      return new Map(sessions.map(({ id, role }) => [id, role]));
    } catch (error) {
      if (!this.#isBlind)
        logger.warn({ err: error }, 'open sessions cannot be checked; only expiry counts meanwhile');
      this.#isBlind = true;
      return null;
    }
  }

  #reasonToEnd({ viewer, expiresAt }: Watched, roles: Map<string, Role> | null): string | null {
    if (expiresAt <= this.#options.clock()) return 'Access token expired';
    if (!roles) return null;
    const role = roles.get(viewer.sessionId);
    if (!role) return 'Signed out';
    return role === viewer.role ? null : 'Role changed';
  }
}

/** So that a turn and its statement fit into a second. */
const TURN_MS = 800;

interface Watched {
  viewer: Viewer;
  expiresAt: Date;
  onEnd: (reason: string) => void;
}

export interface SessionWatchOptions {
  database: Pick<Database, 'sql'>;
  logger: Pick<Logger, 'warn'>;
  clock: () => Date;
}
