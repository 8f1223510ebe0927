import type { ApiKey } from '../../../generated/prisma/client.ts';
import type { Context } from '../../../kernel/context.ts';
import { builder } from '../../../schema-kit/builder.ts';
import { ApiKeyRef } from '../../auth/api-keys/schema.ts';
import { UserRef } from '../../auth/schema.ts';
import { LlmProviderRef } from '../../llm/schema.ts';
import { TokenUsageRef } from '../schema.ts';
import { MAX_DAYS } from './days.ts';
import { type EstimateAccuracy, estimateAccuracy } from './estimate-accuracy.ts';
import { apiKeys, members } from './loaders.ts';
import type { ModelUsage } from './sums.ts';
import { type ApiKeyUsage, type MemberUsage, type TenantDailyUsage, tenantUsage } from './tenant-usage.ts';
import { type DailyUsage, usageHistory } from './usage-history.ts';

const DAY = 'The UTC day. A call counts for the day in which it began.';
const BY_MODEL = 'Spending by model, the highest first.';

const ModelUsageRef = builder.objectRef<ModelUsage>('ModelUsage').implement({
  description: 'Spending on one model on one day.',
  fields: (t) => ({
    provider: t.expose('provider', { type: LlmProviderRef, description: 'Provider of the model.' }),
    model: t.exposeString('model', { description: 'Name of the model at its provider.' }),
    cost: t.expose('costMicros', { type: 'Decimal', description: 'Cost of its calls in US dollars.' }),
    usage: t.expose('usage', { type: TokenUsageRef, description: 'Tokens of its calls.' }),
  }),
});

const DailyUsageRef = builder.objectRef<DailyUsage>('DailyUsage').implement({
  description: 'Your spending on one UTC day. Deleting a conversation changes nothing of it.',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: DAY }),
    cost: t.expose('costMicros', {
      type: 'Decimal',
      description: 'Amount spent in US dollars: the sum of all model calls of your runs and conversations.',
    }),
    executions: t.exposeInt('executions', { description: 'Number of runs started.' }),
    usage: t.expose('usage', { type: TokenUsageRef, description: 'Tokens used by the calls in `cost`.' }),
    byModel: t.expose('byModel', { type: [ModelUsageRef], description: BY_MODEL }),
  }),
});

const MemberUsageRef = builder.objectRef<MemberUsage>('MemberUsage').implement({
  description: 'Spending of one member on one day.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description:
        'The member, who may have left: then without personal data if they have deleted the account.',
      resolve: async ({ userId }, _args, ctx) => {
        const user = await members(ctx).load(userId);
        if (!user) throw new Error('the ledger names a user who does not exist');
        return user;
      },
    }),
    cost: t.expose('costMicros', { type: 'Decimal', description: 'Amount spent in US dollars.' }),
    executions: t.exposeInt('executions', { description: 'Number of runs started.' }),
  }),
});

const ApiKeyUsageRef = builder.objectRef<{ apiKey: ApiKey; costMicros: bigint }>('ApiKeyUsage').implement({
  description: 'Spending of the runs and messages that were started with one API key, on one day.',
  fields: (t) => ({
    apiKey: t.expose('apiKey', { type: ApiKeyRef, description: 'The key, which may be revoked or expired.' }),
    cost: t.expose('costMicros', { type: 'Decimal', description: 'Amount spent in US dollars.' }),
  }),
});

const TenantDailyUsageRef = builder.objectRef<TenantDailyUsage>('TenantDailyUsage').implement({
  description: 'Spending of all members of the tenant, also of those who have left, on one UTC day.',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: DAY }),
    cost: t.expose('costMicros', {
      type: 'Decimal',
      description: 'Amount spent in US dollars: the sum of `byMember`, and of `byModel`.',
    }),
    executions: t.exposeInt('executions', {
      description: 'Number of runs started: the sum of `byMember`.',
    }),
    byMember: t.expose('byMember', {
      type: [MemberUsageRef],
      description:
        'Spending and runs by member, the highest spending first. Members without either are absent.',
    }),
    byModel: t.expose('byModel', { type: [ModelUsageRef], description: BY_MODEL }),
    byApiKey: t.field({
      type: [ApiKeyUsageRef],
      description:
        'Spending by API key that you may see, the highest first. With `costOfOtherKeys` and `costWithoutKey` it adds up to `cost`.',
      resolve: async ({ byApiKey }, _args, ctx) =>
        (await withKeys(ctx, byApiKey)).flatMap(({ apiKey, costMicros }) =>
          apiKey ? [{ apiKey, costMicros }] : [],
        ),
    }),
    costOfOtherKeys: t.field({
      type: 'Decimal',
      description:
        'Amount spent in US dollars with API keys that are not in `byApiKey`: deleted with the account of their owner, or keys of others without the permission USER_MANAGE.',
      resolve: async ({ byApiKey }, _args, ctx) =>
        (await withKeys(ctx, byApiKey)).reduce(
          (sum, { apiKey, costMicros }) => (apiKey ? sum : sum + costMicros),
          0n,
        ),
    }),
    costWithoutKey: t.expose('costWithoutKeyMicros', {
      type: 'Decimal',
      description: 'Amount spent in US dollars by runs and messages that were started without an API key.',
    }),
  }),
});

/** Null: a key that was deleted, or that the viewer may not see. */
function withKeys(ctx: Context, usages: readonly ApiKeyUsage[]) {
  return Promise.all(
    usages.map(async ({ apiKeyId, costMicros }) => ({
      apiKey: await apiKeys(ctx).load(apiKeyId),
      costMicros,
    })),
  );
}

const EstimateAccuracyRef = builder.objectRef<EstimateAccuracy>('EstimateAccuracy').implement({
  description:
    'How the costs of the tenant’s runs compare with the estimates made when they were started, for the runs that succeeded on one UTC day.',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: 'The UTC day on which the runs ended.' }),
    executions: t.exposeInt('executions', {
      description:
        'Number of succeeded runs with an estimated cost, but for those that were deleted with the account of their owner.',
    }),
    costRatio: t.exposeFloat('costRatio', {
      nullable: true,
      description:
        'Median of `cost` divided by `estimatedCost` of these runs: 1 is exact, 2 is twice the estimate. Null: no run.',
    }),
  }),
});

const LAST_DAYS = `One entry for each of the last \`days\` UTC days, today last; days without any are included.`;
/**
 * All days are read by one statement; an entry costs less than an object that is read alone. More days than allowed cost
 * no more, so that the refusal names the limit.
 */
const complexity = ({ days }: { days: number }) => ({
  field: 10,
  multiplier: Math.ceil(Math.min(days, MAX_DAYS) / 20),
});

builder.queryFields((t) => {
  const days = () =>
    t.arg.int({
      required: true,
      defaultValue: 30,
      description: `Number of days, with today: 1 to ${MAX_DAYS}. Default: 30.`,
    });
  return {
    usageHistory: t.field({
      type: [DailyUsageRef],
      nullable: true,
      description: `Your spending by day and model. ${LAST_DAYS}`,
      args: { days: days() },
      complexity,
      resolve: (_root, { days: count }, ctx) => usageHistory(ctx, { days: count }),
    }),
    tenantUsage: t.field({
      type: [TenantDailyUsageRef],
      nullable: true,
      description: `Spending of your tenant by day, member, model and API key. Requires the permission STATS_READ. ${LAST_DAYS}`,
      args: { days: days() },
      complexity,
      resolve: (_root, { days: count }, ctx) => tenantUsage(ctx, { days: count }),
    }),
    estimateAccuracy: t.field({
      type: [EstimateAccuracyRef],
      nullable: true,
      description: `How well the costs of your tenant’s runs were estimated. Requires the permission STATS_READ. ${LAST_DAYS}`,
      args: { days: days() },
      complexity,
      resolve: (_root, { days: count }, ctx) => estimateAccuracy(ctx, { days: count }),
    }),
  };
});
