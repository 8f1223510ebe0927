import type { ChainHead } from './link-hash.ts';
import type { ChainReport } from './verify.ts';

/** One line, which `readHeads` reads: the tenant, the last sound link, and what was found. */
export function formatReport({ tenantId, head: { seq, hash }, ...found }: ChainReport): string {
  const { unlinked, since, problem } = found;
  const result = problem === null ? 'intact' : `BROKEN: ${problem}`;
  const tail = since === null ? '' : ` (${unlinked} not linked yet, since ${since.toISOString()})`;
  return `${tenantId} ${seq}:${hash || '-'} ${result}${tail}`;
}

/** The heads in the lines of an earlier report. Null: the text is no report. */
export function readHeads(text: string): Map<string, ChainHead> | null {
  const heads = new Map<string, ChainHead>();
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const [, tenantId, seq, hash] = LINE.exec(line) ?? [];
    if (tenantId === undefined || seq === undefined || hash === undefined) return null;
    if (hash !== '-') heads.set(tenantId, { seq: Number(seq), hash });
  }
  return heads;
}

const LINE = /^(\S+) (\d{1,10}):(-|[0-9a-f]{64}) /;
