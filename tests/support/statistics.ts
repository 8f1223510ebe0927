import type { TestApp } from './app.ts';

/** Reads all statistics of the last days. Those of the tenant need an ADMIN. */
export async function readStatistics(app: TestApp, { token }: { token: string }, days = 30) {
  const { data, errors } = await app.graphql<Statistics>(
    `query ($days: Int!) {
      usageHistory(days: $days) {
        date cost executions usage { inputTokens outputTokens }
        byModel { provider model cost usage { inputTokens outputTokens } }
      }
      tenantUsage(days: $days) {
        date cost executions
        byMember { user { id displayName } cost executions }
        byModel { provider model cost usage { inputTokens outputTokens } }
        byApiKey { apiKey { id name owner { id } } cost } costOfOtherKeys costWithoutKey
      }
      estimateAccuracy(days: $days) { date executions costRatio }
    }`,
    { days },
    { token },
  );
  if (errors) throw new Error(`no statistics: ${JSON.stringify(errors)}`);
  return data!;
}

/** Writes an entry into the ledger as a call would. */
export async function enter(app: TestApp, entry: LedgerEntry): Promise<void> {
  await app.services.database.prisma.ledgerEntry.create({
    data: {
      id: crypto.randomUUID(),
      provider: 'OFFLINE',
      model: 'offline-balanced',
      inputTokens: 10,
      outputTokens: 20,
      ...entry,
      day: new Date(entry.day),
    },
  });
}

interface LedgerEntry {
  tenantId: string;
  userId: string;
  day: string;
  costMicros: bigint;
  apiKeyId?: string;
  executionId?: string;
  stepKey?: string;
  provider?: string;
  model?: string;
  inputTokens?: number;
  outputTokens?: number;
}

interface Tokens {
  inputTokens: number;
  outputTokens: number;
}

export interface ModelSpending {
  provider: string;
  model: string;
  cost: string;
  usage: Tokens;
}

interface Statistics {
  usageHistory: {
    date: string;
    cost: string;
    executions: number;
    usage: Tokens;
    byModel: ModelSpending[];
  }[];
  tenantUsage: {
    date: string;
    cost: string;
    executions: number;
    byMember: { user: { id: string; displayName: string }; cost: string; executions: number }[];
    byModel: ModelSpending[];
    byApiKey: { apiKey: { id: string; name: string; owner: { id: string } }; cost: string }[];
    costOfOtherKeys: string;
    costWithoutKey: string;
  }[];
  estimateAccuracy: { date: string; executions: number; costRatio: number | null }[];
}
