import type { Services } from './context.ts';

/** A user who was removed or has deleted the account, and whose objects are not yet settled. */
export interface Departure {
  userId: string;
  tenantId: string;
  /** The ADMIN who gets the objects. Null: they are deleted. */
  successorId: string | null;
}

/**
 * How a module settles a departure: ends the user's open work, then passes the objects to the successor or deletes them,
 * some in each call. Idempotent: it is called again until it returns true, and for a while after that, by any process.
 */
export type SettleDeparture = (services: Services, departure: Departure) => Promise<boolean>;
