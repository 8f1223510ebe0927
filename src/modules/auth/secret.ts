import { createHash, randomBytes } from 'node:crypto';

/**
 * A secret that is handed out once, for a link, an invitation, an API key or a ticket: 256 random bits in base64url. Only
 * its hash is stored.
 */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 in hex. A fast hash is enough for random bits that nobody can guess. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
