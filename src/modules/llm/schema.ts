import type { ListedModel } from '../../core/llm/catalog.ts';
import { PROVIDER_NAMES, type ProviderName, PROVIDERS } from '../../core/llm/providers/registry.ts';
import { builder } from '../../schema-kit/builder.ts';
import { parseMicros } from '../../schema-kit/scalars.ts';

const PROVIDER_VALUES = Object.fromEntries(
  PROVIDER_NAMES.map((name) => [name, { description: PROVIDERS[name].description }]),
) as Record<ProviderName, { description: string }>;

export const LlmProviderRef = builder.enumType('LlmProvider', {
  description: 'The service that runs a model.',
  values: PROVIDER_VALUES,
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
        const byDefault = ctx.catalog.find();
        return model.provider === byDefault.provider && model.model === byDefault.model;
      },
    }),
  }),
});

builder.queryFields((t) => ({
  models: t.field({
    type: [LlmModelRef],
    nullable: true,
    description: 'Every model that can be asked for, the default of each provider first.',
    resolve: (_root, _args, ctx) => ctx.catalog.list(),
  }),
}));
