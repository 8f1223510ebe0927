import { randomBytes } from 'node:crypto';

/**
 * A UUIDv7 (RFC 9562): ordered by time and, within this process, by the order of the calls, also within a millisecond
 * and when the clock goes back.
 */
export function uuidV7(): string {
  const now = Date.now();
  if (now > latest.ms) Object.assign(latest, { ms: now, count: 0 });
  else if (++latest.count > MAX_COUNT) Object.assign(latest, { ms: latest.ms + 1, count: 0 });

  const bytes = randomBytes(16);
  bytes.writeUIntBE(latest.ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | latest.count, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The newest time that an id has, and the number of ids before it in the same millisecond. */
const latest = { ms: 0, count: 0 };
const MAX_COUNT = 0xfff;
