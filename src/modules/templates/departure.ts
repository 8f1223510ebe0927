import type { Services } from '../../kernel/context.ts';
import type { Departure } from '../../kernel/departure.ts';

/** Passes the templates of a user who has left to the successor, or deletes them. Runs and forks of them go on. */
export async function settleTemplates({ database }: Services, departure: Departure): Promise<boolean> {
  const { userId, tenantId, successorId } = departure;
  if (successorId !== null) {
    await database.sql('UPDATE pipeline_templates SET owner_id = $3 WHERE owner_id = $1 AND tenant_id = $2', [
      userId,
      tenantId,
      successorId,
    ]);
    return true;
  }
  await database.sql('DELETE FROM pipeline_templates WHERE owner_id = $1 AND tenant_id = $2', [
    userId,
    tenantId,
  ]);
  return true;
}
