import { builder } from '../../schema-kit/builder.ts';
import { errorType } from '../../schema-kit/errors.ts';
import { BudgetExceededError, type LimitScope, QuotaExceededError } from './errors.ts';
import type { TokenUsage } from './ledger.ts';
import { type UsageToday, usageToday } from './service.ts';

export const TokenUsageRef = builder.objectRef<TokenUsage>('TokenUsage').implement({
  description:
    'Number of tokens as billed by the provider. Estimated for calls that ended before the provider reported them.',
  fields: (t) => ({
    inputTokens: t.exposeInt('inputTokens', { description: 'Input tokens, including cached ones.' }),
    outputTokens: t.exposeInt('outputTokens', {
      description: 'Output tokens, including reasoning tokens.',
    }),
  }),
});

const LimitScopeRef = builder.enumType('LimitScope', {
  description: 'Scope of a spending limit.',
  values: {
    EXECUTION: { description: 'Limit of one run: its `costLimit`.' },
    API_KEY: {
      description: 'Limit of the API key per UTC day: its `costLimit`, or that of the key that created it.',
    },
    USER_DAY: { description: 'Limit of the user’s plan per UTC day.' },
    TENANT_DAY: { description: 'Limit per UTC day that all members of the tenant share.' },
  } satisfies Record<LimitScope, object>,
});

errorType(BudgetExceededError, {
  description: 'The maximum cost of the request would exceed a spending limit. Nothing was spent.',
  fields: (t) => ({
    scope: t.expose('scope', { type: LimitScopeRef, description: 'Scope of the limit.' }),
    costLimit: t.expose('costLimitMicros', { type: 'Decimal', description: 'Limit in US dollars.' }),
    spent: t.expose('spentMicros', {
      type: 'Decimal',
      description: 'Amount already spent against the limit, in US dollars.',
    }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the limit resets. Null for the limit of one run, which never resets.',
    }),
  }),
});

errorType(QuotaExceededError, {
  description: 'All runs that your plan allows per UTC day have been started.',
  fields: (t) => ({
    executionLimit: t.exposeInt('executionLimit', {
      description: 'Number of runs that the plan allows per UTC day.',
    }),
    executions: t.exposeInt('executions', { description: 'Number of runs started today.' }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the quota resets: the next midnight in UTC.',
    }),
  }),
});

const UsageTodayRef = builder.objectRef<UsageToday>('UsageToday').implement({
  description: 'Your usage and limits of the current UTC day.',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: 'The current UTC day.' }),
    cost: t.expose('costMicros', {
      type: 'Decimal',
      description:
        'Amount spent in US dollars: the sum of all model calls of your runs and conversations. A call counts for the day in which it began.',
    }),
    reserved: t.expose('reservedMicros', {
      type: 'Decimal',
      description:
        'Amount in US dollars reserved for model calls in progress: the maximum cost of each. The unused part is released when a call ends.',
    }),
    costLimit: t.expose('costLimitMicros', {
      type: 'Decimal',
      nullable: true,
      description:
        'Spending limit of your plan in US dollars per UTC day. The sum of `cost` and `reserved` never exceeds it. Null means no limit.',
    }),
    executions: t.exposeInt('executions', { description: 'Number of runs started.' }),
    executionLimit: t.exposeInt('executionLimit', {
      nullable: true,
      description: 'Number of runs that your plan allows per UTC day. Null means no limit.',
    }),
    usage: t.expose('usage', { type: TokenUsageRef, description: 'Tokens used by the calls in `cost`.' }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      description: 'Time when the limits reset: the next midnight in UTC.',
    }),
  }),
});

builder.queryFields((t) => ({
  usageToday: t.field({
    type: UsageTodayRef,
    nullable: true,
    description: 'Your usage and limits of the current UTC day, as the spending limits are enforced.',
    resolve: (_root, _args, ctx) => usageToday(ctx),
  }),
}));
