import { builder } from '../../schema-kit/builder.ts';
import { errorType } from '../../schema-kit/errors.ts';
import { BudgetExceededError, type LimitScope, QuotaExceededError } from './errors.ts';
import type { TokenUsage } from './ledger.ts';
import { type UsageToday, usageToday } from './service.ts';

export const TokenUsageRef = builder.objectRef<TokenUsage>('TokenUsage').implement({
  description:
    'Tokens as the providers bill them; estimated where a stream was cut before its provider told.',
  fields: (t) => ({
    inputTokens: t.exposeInt('inputTokens', { description: 'Of the prompts, cached ones included.' }),
    outputTokens: t.exposeInt('outputTokens', {
      description: 'Of the answers, the models’ thinking included.',
    }),
  }),
});

const LimitScopeRef = builder.enumType('LimitScope', {
  description: 'Whose spending limit it is.',
  values: {
    EXECUTION: { description: 'The `costLimit` of one run.' },
    USER_DAY: { description: 'Of the user’s plan, each UTC day.' },
    TENANT_DAY: { description: 'Of all members of the tenant together, each UTC day.' },
  } satisfies Record<LimitScope, object>,
});

errorType(BudgetExceededError, {
  description: 'The most that this request can cost would pass a spending limit. Nothing was spent.',
  fields: (t) => ({
    scope: t.expose('scope', { type: LimitScopeRef, description: 'Whose limit it is.' }),
    costLimit: t.expose('costLimitMicros', { type: 'Decimal', description: 'The limit in US dollars.' }),
    spent: t.expose('spentMicros', {
      type: 'Decimal',
      description: 'US dollars spent against it so far.',
    }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When spending starts from zero again. Null for the limit of one run.',
    }),
  }),
});

errorType(QuotaExceededError, {
  description: 'All runs that your plan allows in a UTC day have been started.',
  fields: (t) => ({
    executionLimit: t.exposeInt('executionLimit', { description: 'Runs that the plan allows each UTC day.' }),
    executions: t.exposeInt('executions', { description: 'Runs started today.' }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The next midnight in UTC.',
    }),
  }),
});

const UsageTodayRef = builder.objectRef<UsageToday>('UsageToday').implement({
  description: 'What you have used of the limits of your plan in this UTC day.',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: 'The UTC day that this is about.' }),
    cost: t.expose('costMicros', {
      type: 'Decimal',
      description:
        'Dollars spent: the sum of all calls of your runs and your conversations. A call that ends after midnight counts for the day in which it began.',
    }),
    reserved: t.expose('reservedMicros', {
      type: 'Decimal',
      description:
        'Dollars held for calls under way, each with the most that it can cost. What a call leaves over is free again as soon as it has ended.',
    }),
    costLimit: t.expose('costLimitMicros', {
      type: 'Decimal',
      nullable: true,
      description:
        'Daily spending limit of your plan in US dollars; `cost` and `reserved` together never exceed it. Null means no limit.',
    }),
    executions: t.exposeInt('executions', { description: 'Runs started, deleted ones included.' }),
    executionLimit: t.exposeInt('executionLimit', {
      nullable: true,
      description: 'Runs that your plan allows in a UTC day. Null means no limit.',
    }),
    usage: t.expose('usage', { type: TokenUsageRef, description: 'Tokens of the calls in `cost`.' }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      description: 'When everything starts from zero again: the next midnight in UTC.',
    }),
  }),
});

builder.queryFields((t) => ({
  usageToday: t.field({
    type: UsageTodayRef,
    nullable: true,
    description: 'What you have used today: the very numbers that the spending gate goes by.',
    resolve: (_root, _args, ctx) => usageToday(ctx),
  }),
}));
