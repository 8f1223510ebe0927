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
import type { RefreshCookie } from './refresh-cookie.ts';

/**
 * The services that `app.ts` builds once. Each use case takes the subset that it needs. A module adds its own services
 * with `declare module`.
 */
export interface Services {
  database: Database;
  eventLog: EventLogReader;
  followers: LogFollower;
  writer: BatchWriter;
  /** The models that this server's own keys can call, and their prices. */
  catalog: ModelCatalog;
  /** The ways to call the models, with the keys of users, of tenants and of this server. */
  router: ModelRouter<KeyHolder>;
  spending: SpendingGate;
  sources: Sources;
  settings: Settings;
  logger: Logger;
  clock: () => Date;
}

/** The services and the authentication of one request. */
export interface Context extends Services, Authentication {
  requestId: string;
  client: Client;
  refreshCookie: RefreshCookie;
}

/** The client of a request, as the transport sees it. */
export interface Client {
  /** IP address. Forwarded headers name it only behind a trusted proxy. */
  address: string;
  userAgent: string | null;
  /** The header `Accept-Language`. */
  languages: string | null;
}

/** Whose provider keys a call may use: those of the user, and those of the tenant. */
export interface KeyHolder {
  tenantId: string;
  userId: string;
}

/** The sources of the collector agent. */
export interface Sources {
  fetch: SafeFetch;
  /** The operator's data service. Null: the collector reads the URLs that the user gave. */
  collectorUrl: string | null;
}

/** The settings that the domain uses. */
export interface Settings {
  refreshTokenDays: number;
  /** Absolute end of a session, however often it is refreshed. */
  sessionMaxDays: number;
  /** The plan of new accounts. */
  defaultPlan: Plan;
  /** Who may register: everybody, those with an invitation, or nobody. */
  registration: 'open' | 'invite' | 'closed';
  /** The address of ADMIN_EMAIL in lower case, which nobody else can have. */
  operatorEmail: string | null;
  /** Whether answers are the same for an e-mail address with an account as for one without. */
  hidesAccounts: boolean;
  /** Whether an own account spends nothing before its e-mail address is verified. */
  requiresVerifiedEmail: boolean;
  /** What all tenants together may spend per UTC day, in micro-dollars. Null: no limit. */
  serverCostPerDayMicros: bigint | null;
}
