import { createHash } from 'node:crypto';
import { hashAddress } from '../../kernel/audit/audit.ts';

/**
 * The hash of one link: SHA-256 over the hash before, the position and all that the entry holds, as a JSON array. `detail`
 * is the text of the column, which the database writes in one way only.
 */
export function linkHash(before: ChainHead, entry: LinkedEntry): string {
  const content = [before.hash, before.seq + 1, ...ENTRY_FIELDS.map((field) => entry[field])];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** Whether an IP address is the one that the entry was written with. An address that was erased is. */
export function hasItsAddress({ addressHash, ip, salt }: LinkedEntry & StoredAddress): boolean {
  return ip === null || salt === null || hashAddress(ip, salt) === addressHash;
}

/** The chain before its first link. */
export const EMPTY_CHAIN: ChainHead = { seq: 0, hash: '' };

/** The columns of a LinkedEntry, of the table `e`. */
export const ENTRY_COLUMNS = `e.id, e.tenant_id AS "tenantId", e.at, e.actor_id AS "actorId", e.action,
  e.target_type AS "targetType", e.target_id AS "targetId", e.request_id AS "requestId",
  e.address_hash AS "addressHash", e.detail::text AS detail`;

/** What the hash covers, in this order. */
const ENTRY_FIELDS = [
  'id',
  'tenantId',
  'at',
  'actorId',
  'action',
  'targetType',
  'targetId',
  'requestId',
  'addressHash',
  'detail',
] as const satisfies (keyof LinkedEntry)[];

/** The newest link of a chain. */
export interface ChainHead {
  seq: number;
  hash: string;
}

export interface LinkedEntry {
  id: string;
  tenantId: string;
  at: Date;
  actorId: string | null;
  action: string;
  targetType: string | null;
  targetId: string | null;
  requestId: string | null;
  addressHash: string | null;
  /** JSON. */
  detail: string;
}

/** Null: the entry has no address, or it was erased. */
export interface StoredAddress {
  ip: string | null;
  salt: string | null;
}
