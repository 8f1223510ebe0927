import type { ListedModel, ModelCatalog } from '../../core/llm/catalog.ts';
import {
  isProviderName,
  PROVIDER_NAMES,
  type ProviderName,
  PROVIDERS,
} from '../../core/llm/providers/registry.ts';
import type { Context } from '../../kernel/context.ts';
import { builder } from '../../schema-kit/builder.ts';
import { nodeLoader } from '../../schema-kit/node-loaders.ts';
import { parseMicros } from '../../schema-kit/scalars.ts';

const PROVIDER_VALUES = Object.fromEntries(
  PROVIDER_NAMES.map((name) => [name, { description: PROVIDERS[name].description }]),
) as Record<ProviderName, { description: string }>;

export const LlmProviderRef = builder.enumType('LlmProvider', {
  description: 'The service that runs a model.',
  values: PROVIDER_VALUES,
});

const LlmModelRef = builder.objectRef<ListedModel>('LlmModel');

builder.node(LlmModelRef, {
  description: 'A model with a known price. Models without a price cannot be used.',
  id: {
    description: 'Globally unique, opaque and stable identifier.',
    resolve: ({ provider, model }) => `${provider}:${model}`,
  },
  loadMany: async (ids: string[], ctx: Context) => {
    const found = await modelsOf(ids, ctx);
    return ids.map((id) => found.get(id));
  },
  fields: (t) => ({
    provider: t.expose('provider', { type: LlmProviderRef, description: 'Provider of the model.' }),
    name: t.exposeString('model', {
      description:
        'Name of the model at its provider; `<server>/<model>` for OPENAI_COMPATIBLE. Use it as `model` in inputs.',
    }),
    contextTokens: t.exposeInt('contextTokens', {
      nullable: true,
      description:
        'Maximum number of tokens of prompt and response together. Null when the provider does not publish it.',
    }),
    inputUsdPerMTok: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'List price in US dollars per million input tokens. Prices of OFFLINE models are nominal: they count toward limits but are not billed.',
      resolve: (model) => parseMicros(model.inputUsdPerMTok),
    }),
    outputUsdPerMTok: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'List price in US dollars per million output tokens.',
      resolve: (model) => parseMicros(model.outputUsdPerMTok),
    }),
    available: t.exposeBoolean('available', {
      description:
        'Whether you can use the model: you, your tenant or this server has a key for its provider.',
    }),
    isDefault: t.boolean({
      description: 'Whether this is the default model, used for replies and for steps without a model.',
      resolve: async (model, _args, ctx) => {
        const byDefault = (await catalogOf(ctx)).find();
        return model.provider === byDefault.provider && model.model === byDefault.model;
      },
    }),
  }),
});

nodeLoader('LlmModel', (ids, ctx) => modelsOf(ids, ctx));

/** Everybody who is signed in sees the models, those that are not listed but have a price too. */
async function modelsOf(ids: readonly string[], ctx: Context): Promise<Map<string, ListedModel>> {
  if (!ctx.viewer) return new Map();
  const catalog = await catalogOf(ctx);
  return new Map(
    ids.flatMap((id) => {
      const [, provider = '', model = ''] = /^(\w+):(.+)$/.exec(id) ?? [];
      const found = isProviderName(provider) ? catalog.describe(provider, model) : undefined;
      return found ? [[id, found] as const] : [];
    }),
  );
}

/** What the viewer can use, with keys of their own and of the tenant too. */
async function catalogOf({ router, catalog, viewer }: Context): Promise<ModelCatalog> {
  return viewer ? router.catalogFor(viewer) : catalog;
}

builder.queryFields((t) => ({
  models: t.field({
    type: [LlmModelRef],
    nullable: true,
    description:
      'The models on offer, grouped by provider, with the default model of each provider first. Other models with a known price, such as dated names of these, can be used too.',
    resolve: async (_root, _args, ctx) => (await catalogOf(ctx)).list(),
  }),
}));
