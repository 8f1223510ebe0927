import type { Services } from '../../kernel/context.ts';
import type { Departure } from '../../kernel/departure.ts';

/** Passes the templates of a user who has left to the successor, or deletes them. Runs and forks of them go on. */
export async function settleTemplates({ database }: Services, departure: Departure): Promise<boolean> {
  const { userId, tenantId, successorId } = departure;
  const act =
    successorId === null ? 'DELETE FROM pipeline_templates' : 'UPDATE pipeline_templates SET owner_id = $3';
  const successor = successorId === null ? [] : [successorId];
  await database.sql(`${act} WHERE owner_id = $1 AND tenant_id = $2`, [userId, tenantId, ...successor]);
  return true;
}
