import type { Account, TestApp } from './app.ts';

/** The entries that an ADMIN reads, newest first. */
export async function auditLog(
  app: TestApp,
  reader: Pick<Account, 'token'>,
  args = 'first: 50',
): Promise<AuditEntry[]> {
  const { data, errors } = await app.graphql<{ auditLog: { nodes: AuditEntry[] } }>(
    `{ auditLog(${args}) { nodes { id at actor { id } action target ip requestId detail } } }`,
    {},
    reader,
  );
  if (!data?.auditLog) throw new Error(`auditLog failed: ${JSON.stringify(errors)}`);
  return data.auditLog.nodes;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor: { id: string } | null;
  action: string;
  target: string | null;
  ip: string | null;
  requestId: string | null;
  detail: Record<string, unknown> | null;
}
