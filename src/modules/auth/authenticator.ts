import type { Credential, Viewer } from '../../access/viewer.ts';
import type { Role } from '../../generated/prisma/enums.ts';

/** Accepts one kind of credential. */
export interface Authenticator {
  kind: Credential['kind'];
  /**
   * The viewer for a credential of this kind; null for any other credential.
   * Errors: UNAUTHENTICATED for a credential of this kind that no longer holds.
   */
  authenticate(credentials: Credentials): Promise<Viewer | null>;
  /** Of these credentials, those that have not been revoked, each with the role that its user has now. */
  currentRoles(ids: readonly string[]): Promise<ReadonlyMap<string, Role>>;
}

/** What a request proves the identity of its sender with. */
export interface Credentials {
  bearerToken: string | null;
}

declare module '../../kernel/context.ts' {
  interface Services {
    authenticators: readonly Authenticator[];
  }
}
