import type { BatchWriter } from '../core/event-log/batch-writer.ts';
import type { EventLogReader } from '../core/event-log/event-log.ts';
import type { LogFollower } from '../core/event-log/follow.ts';
import type { ModelCatalog } from '../core/llm/catalog.ts';
import type { ModelRouter } from '../core/llm/model-router.ts';
import type { SafeFetch } from '../core/safe-fetch/safe-fetch.ts';
import type { SpendingGate } from '../core/spending/spending-gate.ts';
import type { Plan } from '../generated/prisma/enums.ts';
import type { Database } from '../infra/database.ts';
import type { Logger } from '../infra/logger.ts';
import type { Authentication } from '../access/authorize.ts';

/**
 * The parts that `app.ts` builds once; every use case takes the slice of them that it needs. A module adds the part
 * that it owns by `declare module`.
 */
export interface Services {
  database: Database;
  eventLog: EventLogReader;
  followers: LogFollower;
  writer: BatchWriter;
  /** Which models can be called, and what they cost. */
  catalog: ModelCatalog;
  /** Who calls them. */
  router: ModelRouter;
  spending: SpendingGate;
  sources: Sources;
  settings: Settings;
  logger: Logger;
  clock: () => Date;
}

/** The services, and who sent the request. */
export interface Context extends Services, Authentication {
  requestId: string;
}

/** Where the collector finds material. */
export interface Sources {
  fetch: SafeFetch;
  /** The operator's data collector service; null: the collector reads the URLs it was given. */
  collectorUrl: string | null;
}

/** What the domain needs of the configuration. */
export interface Settings {
  refreshTokenDays: number;
  /** The plan of new accounts. */
  defaultPlan: Plan;
}
