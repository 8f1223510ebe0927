import type { Credential, Viewer } from '../../access/viewer.ts';
import type { Role } from '../../generated/prisma/enums.ts';
import type { Tx } from '../../infra/database.ts';

/** Authenticates one kind of credential. */
export interface Authenticator {
  kind: Credential['kind'];
  /**
   * The viewer for a credential of this kind; null for any other credential.
   * Errors: UNAUTHENTICATED for a credential of this kind that is invalid, has expired or has been revoked;
   * SERVICE_UNAVAILABLE while it cannot be checked.
   */
  authenticate(credentials: Credentials): Promise<Viewer | null>;
  /** The current role of the user of each of these credentials; revoked credentials are absent. */
  currentRoles(ids: readonly string[]): Promise<ReadonlyMap<string, Role>>;
  /** Makes the credential invalid at once, with the transaction. Absent for a kind that is revoked in another way. */
  end?(tx: Pick<Tx, 'sql'>, credential: Credential): Promise<void>;
}

/** The credentials that a request carries: at most one of them. */
export interface Credentials {
  /** An access token or an API key, sent as `Authorization: Bearer`. */
  bearerToken: string | null;
  /** An API key, sent as `X-API-Key`. */
  apiKey: string | null;
}

declare module '../../kernel/context.ts' {
  interface Services {
    authenticators: readonly Authenticator[];
  }
}
