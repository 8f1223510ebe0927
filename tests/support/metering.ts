import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { MemoryLiveChannel } from '../../src/core/event-log/live-channel-memory.ts';
import {
  ModelError,
  type ModelErrorCode,
  type ModelStreamPart,
  type ModelRequest,
} from '../../src/core/llm/language-model.ts';
import type { ModelPrice } from '../../src/core/llm/prices.ts';
import type { Route } from '../../src/core/llm/model-router.ts';
import { collect } from '../../src/core/llm/structured/complete-structured.ts';
import { SpendingGate } from '../../src/core/spending/spending-gate.ts';
import { createDatabase, type Database } from '../../src/infra/database.ts';
import { createLogger } from '../../src/infra/logger.ts';
import { permissionsOf } from '../../src/access/permissions.ts';
import type { Viewer } from '../../src/access/viewer.ts';
import { type Payer, type SpendingSettings, userDayAccount } from '../../src/modules/usage/budget.ts';
import { dayOf } from '../../src/modules/usage/day.ts';
import { type MeteredCall, openMeteredCall, type Settlement } from '../../src/modules/usage/metered-call.ts';
import { type UsageToday, usageToday } from '../../src/modules/usage/service.ts';
import { testDatabase } from './database.ts';

/** For a file: a database, and users who call scripted models with it. */
export function metering() {
  const { url } = testDatabase();
  const closers = new AsyncDisposableStack();
  let database: Database;
  let members = 0;
  beforeAll(() => {
    const jobs = { send: async () => {} };
    database = createDatabase({ url, live: new MemoryLiveChannel(), jobs, logger: createLogger('silent') });
    closers.defer(() => database.close());
  });
  afterAll(() => closers.disposeAsync());
  return {
    get database() {
      return database;
    },
    /** Creates a user with their own tenant and their own gate. */
    newcomer(options: NewcomerOptions = {}): Member {
      const member = new Member(database, ++members, options);
      closers.defer(() => member.spending.close());
      return member;
    },
  };
}

/** One user, and the services that their calls need. */
export class Member {
  now = new Date('2026-11-21T12:00:00Z');
  readonly clock = () => this.now;
  readonly settings: SpendingSettings['settings'];
  readonly database: Database;
  readonly spending: SpendingGate;
  readonly warnings: string[] = [];
  readonly logger = createLogger('warn', { write: (line) => void this.warnings.push(line) });
  readonly payer: Payer & { executionId: string };
  readonly viewer: Viewer;
  #stored: Promise<unknown> | undefined;

  constructor(
    database: Database,
    n: number,
    { plan = 'FREE', executionLimitMicros = null, serverMicros = null, ...gate }: NewcomerOptions,
  ) {
    this.settings = { requiresVerifiedEmail: false, serverCostPerDayMicros: serverMicros };
    this.database = database;
    this.spending = new SpendingGate({
      sql: database.sql,
      transact: (work) => database.transact((tx) => work(tx.sql)),
      onError: () => {},
      waitMs: 1_000,
      ...gate,
    });
    const who = { tenantId: `tenant-${n}`, userId: `user-${n}`, plan };
    this.payer = { ...who, apiKeyId: null, executionId: `run-${n}`, stepKey: 'report', executionLimitMicros };
    this.viewer = {
      ...who,
      role: 'USER',
      permissions: permissionsOf({ role: 'USER', tenantId: 'tenant' }),
      credential: {
        kind: 'SESSION',
        id: 'session',
        claims: { userId: 'user', tenantId: 'tenant' },
        expiresAt: null,
      },
    };
  }

  async open(languageModel: Route['languageModel'], options: CallOptions = {}): Promise<MeteredCall> {
    await this.store();
    const {
      payer = this.payer,
      price = PRICES[0]!,
      signal = new AbortController().signal,
      attempt,
      ...changes
    } = options;
    const route = { id: 'test', provider: price.provider, model: price.model, languageModel, price };
    return openMeteredCall(this, { payer, route, request: { ...REQUEST, ...changes }, signal, attempt });
  }

  /** Writes the rows that say whether they may call a model, once. */
  async store(): Promise<void> {
    await (this.#stored ??= this.database.sql(
      `WITH tenant AS (
         INSERT INTO tenants (id, external_id, name) VALUES ($1, $1, 'Test') ON CONFLICT DO NOTHING
       )
       INSERT INTO users (id, tenant_id, display_name, role) VALUES ($2, $1, 'Test', 'USER') ON CONFLICT DO NOTHING`,
      [this.payer.tenantId, this.payer.userId],
    ));
  }

  /** Makes it appear that the user has spent this much today. */
  async spend(micros: bigint): Promise<void> {
    const account = userDayAccount(this.payer.userId, dayOf(this.now));
    await this.database.sql('INSERT INTO spending_accounts (id, spent_micros) VALUES ($1, $2)', [
      account,
      String(micros),
    ]);
  }

  settle(call: MeteredCall): Promise<Settlement> {
    return this.database.transact((tx) => call.settle(tx));
  }

  today(): Promise<UsageToday> {
    return usageToday(this);
  }

  entries(): Promise<number> {
    return this.database.prisma.ledgerEntry.count({ where: { userId: this.payer.userId } });
  }
}

export async function textOf(parts: AsyncIterable<ModelStreamPart>): Promise<string> {
  return (await collect(parts)).text;
}

export function says(text: string, inputTokens: number, outputTokens: number) {
  const model = {
    calls: 0,
    async *stream(): AsyncGenerator<ModelStreamPart> {
      model.calls++;
      yield { type: 'text', text };
      yield { type: 'usage', usage: { inputTokens, outputTokens } };
      yield { type: 'end', reason: 'stop' };
    },
  };
  return model;
}

/** Streams the same part repeatedly and never reports its usage. Waits `pauseMs` before each part, if given. */
export function babbles(text: string, times: number, pauseMs = 0) {
  const model = {
    sent: 0,
    closed: false,
    async *stream(_request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelStreamPart> {
      try {
        for (; model.sent < times; model.sent++) {
          if (pauseMs > 0) await sleep(pauseMs);
          signal.throwIfAborted();
          yield { type: 'text', text };
        }
        yield { type: 'end', reason: 'stop' };
      } finally {
        model.closed = true;
      }
    },
  };
  return model;
}

export function fails(code: ModelErrorCode) {
  return {
    // oxlint-disable-next-line require-yield -- it fails before anything arrives
    async *stream(): AsyncGenerator<ModelStreamPart> {
      throw new ModelError(code, 'refused');
    },
  };
}

const REQUEST: ModelRequest = {
  model: 'scripted',
  system: 'You are brief.',
  messages: [{ role: 'user', content: 'Say hello.' }],
  maxOutputTokens: 1_000,
  task: { name: 'test', metadata: {} },
};

/** Prices in micro-dollars per token. Those of the second model are not representable as floats. */
export const PRICES: ModelPrice[] = [
  {
    provider: 'OPENAI',
    model: 'round',
    inputUsdPerMTok: '1',
    outputUsdPerMTok: '2',
    contextTokens: null,
    version: 'test 1',
  },
  {
    provider: 'ANTHROPIC',
    model: 'odd',
    inputUsdPerMTok: '0.075',
    outputUsdPerMTok: '0.300001',
    contextTokens: null,
    version: 'test 2',
  },
  {
    provider: 'GOOGLE',
    model: 'dear',
    inputUsdPerMTok: '15',
    outputUsdPerMTok: '75',
    contextTokens: null,
    version: 'test 3',
  },
];

interface NewcomerOptions {
  plan?: Payer['plan'];
  executionLimitMicros?: bigint | null;
  /** What the whole server may spend in a day. */
  serverMicros?: bigint | null;
  holdMs?: number;
  renewEveryMs?: number;
}

interface CallOptions extends Partial<ModelRequest> {
  payer?: Payer;
  price?: ModelPrice;
  signal?: AbortSignal;
  attempt?: number;
}
