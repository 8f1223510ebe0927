import type { Tx } from '../../../infra/database.ts';
import type { Services } from '../../../kernel/context.ts';
import type { Departure, SettleDeparture } from '../../../kernel/departure.ts';

/**
 * A user's departure ends their access in one transaction, which also stores what is left to do: the row of `departures`
 * outlives restarts, and housekeeping settles it within about a second. The row stays for a minute after its start, so
 * that it also finds what a request that was under way has created.
 */
export async function depart(tx: Tx, { heirId, ...departure }: NewDeparture): Promise<void> {
  const { userId } = departure;
  await tx.sql('UPDATE users SET removed_at = now() WHERE id = $1', [userId]);
  await tx.sql(
    'UPDATE invitations SET revoked_at = now() WHERE invited_by_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL',
    [userId],
  );
  await eraseInvitations(tx, userId);
  await tx.prisma.socketTicket.deleteMany({ where: { userId } });
  await tx.prisma.accountLink.deleteMany({ where: { userId } });
  await tx.prisma.idempotencyKey.deleteMany({ where: { userId } });
  await tx.prisma.departure.updateMany({ where: { successorId: userId }, data: { successorId: heirId } });
  await tx.prisma.departure.create({ data: departure });
}

/** The invitations of the tenant to the address with which the user was invited. They show it to ADMINs. */
async function eraseInvitations({ sql }: Tx, userId: string): Promise<void> {
  await sql(
    `DELETE FROM invitations i USING invitations accepted
     WHERE accepted.accepted_by_id = $1 AND i.tenant_id = accepted.tenant_id AND i.email = accepted.email`,
    [userId],
  );
}

/** Lets every module settle the open departures. Safe to run in several processes. */
export async function settleDepartures(
  services: Services,
  modules: readonly SettleDeparture[],
): Promise<void> {
  const open = await services.database.sql<Departure & { mayEnd: boolean }>(
    `SELECT user_id AS "userId", tenant_id AS "tenantId", successor_id AS "successorId",
       created_at < now() - interval '1 minute' AS "mayEnd"
     FROM departures ORDER BY random() LIMIT 50`, // random: none that cannot end yet holds up the others,
  );
  for (const { mayEnd, ...departure } of open) {
    let isSettled = true;
    for (const settle of modules) isSettled = (await settle(services, departure)) && isSettled;
    if (isSettled && mayEnd) {
      // Not if another ADMIN has become the successor meanwhile.
      await services.database.prisma.departure.deleteMany({ where: departure });
    }
  }
}

interface NewDeparture extends Departure {
  /** The ADMIN who gets what this user was still to get from others. Null: it is deleted. */
  heirId: string | null;
}
