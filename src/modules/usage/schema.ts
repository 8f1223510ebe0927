import type { ListedModel } from '../../core/llm/router.ts';
import { LlmProvider } from '../../generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { parseMicros } from '../../graphql/scalars.ts';
import type { TokenUsage } from './ledger.ts';
import { type UsageToday, usageToday } from './service.ts';

export const LlmProviderRef = builder.enumType('LlmProvider', {
  description: 'Whose models are called.',
  values: {
    [LlmProvider.OPENAI]: { description: 'OpenAI itself.' },
    [LlmProvider.ANTHROPIC]: { description: 'Anthropic itself.' },
    [LlmProvider.GOOGLE]: { description: 'Google Gemini.' },
    [LlmProvider.OPENAI_COMPATIBLE]: {
      description: 'A server that speaks OpenAI’s protocol, found by its base URL, e.g. Ollama or vLLM.',
    },
    [LlmProvider.OFFLINE]: {
      description:
        'Scripted and deterministic: needs no key and no network, for trying the API and for tests.',
    },
  },
});

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
        'Dollars a UTC day that `cost` and `reserved` never pass together: 1 on FREE, 50 on PRO, null without a cap on UNLIMITED.',
    }),
    executions: t.exposeInt('executions', { description: 'Runs started, deleted ones included.' }),
    executionLimit: t.exposeInt('executionLimit', {
      nullable: true,
      description: 'Runs a UTC day: 3 on FREE, 100 on PRO, null without a cap on UNLIMITED.',
    }),
    usage: t.expose('usage', { type: TokenUsageRef, description: 'Tokens of the calls in `cost`.' }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      description: 'When everything starts from zero again: the next midnight in UTC.',
    }),
  }),
});

const LlmModelRef = builder.objectRef<ListedModel>('LlmModel').implement({
  description: 'A model with a known price. Others are never called, since their calls could not be charged.',
  fields: (t) => ({
    provider: t.expose('provider', { type: LlmProviderRef, description: 'Who serves it.' }),
    name: t.exposeString('model', { description: 'The provider’s own name for it; give this as `model`.' }),
    contextTokens: t.exposeInt('contextTokens', {
      nullable: true,
      description: 'Tokens of prompt and answer together, at most; null when the provider does not say.',
    }),
    inputUsdPerMTok: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'Dollars for a million tokens of prompt, at list price. The prices of OFFLINE models are nominal: they count against limits, and nobody bills them.',
      resolve: (model) => parseMicros(model.inputUsdPerMTok),
    }),
    outputUsdPerMTok: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Dollars for a million tokens of answer, at list price.',
      resolve: (model) => parseMicros(model.outputUsdPerMTok),
    }),
    available: t.exposeBoolean('available', {
      description: 'Its provider is configured here: it can be called.',
    }),
    isDefault: t.boolean({
      description: 'It serves replies, and steps that name no provider and no model.',
      resolve: (model, _args, ctx) => {
        const { price } = ctx.router.route({});
        return model.provider === price.provider && model.model === price.model;
      },
    }),
  }),
});

builder.queryFields((t) => ({
  usageToday: t.field({
    type: UsageTodayRef,
    description: 'What you have used today: the very numbers that the spending gate goes by.',
    resolve: (_root, _args, ctx) => usageToday(ctx),
  }),
  models: t.field({
    type: [LlmModelRef],
    description: 'Every model that can be asked for, the default of each provider first.',
    resolve: (_root, _args, ctx) => ctx.router.list(),
  }),
}));
