import type { LlmConfig } from '../config/llm.ts';
import type { ProcessConfig } from '../config/process.ts';
import { type ModelCatalog, ModelNotFoundError } from '../core/llm/catalog.ts';
import type { LanguageModel, ModelRequest } from '../core/llm/language-model.ts';
import { PriceList } from '../core/llm/price-list.ts';
import { type KeySource, ModelRouter } from '../core/llm/model-router.ts';
import { OfflineModel } from '../core/llm/providers/offline.ts';
import { CompatibleServers } from '../core/llm/providers/openai-compatible.ts';
import { KEYED_PROVIDER_NAMES, KEYED_PROVIDERS, type ProviderName } from '../core/llm/providers/registry.ts';
import { ConfigError } from '../errors.ts';
import type { Logger } from '../infra/logger.ts';
import type { KeyHolder, Services } from '../kernel/context.ts';
import { agentScript } from '../offline/agents/script.ts';
import { builtInRules } from '../offline/discussion/fallback.ts';
import { discussionScript } from '../offline/discussion/script.ts';

/** Builds the model catalog, the router, and the fallback for discussions when a model fails. */
export function buildLlm(
  config: LlmSettings,
  overrides: Partial<Pick<Services, 'router'>>,
  { logger, keys = null }: { logger: Logger; keys?: KeySource<KeyHolder> | null },
): Pick<Services, 'catalog' | 'router' | 'discussionFallback'> {
  const router = overrides.router ?? createRouter(config, { logger, keys });
  return { catalog: router.catalog, router, discussionFallback: builtInRules };
}

/** Creates a client for each provider with a key, for the operator's own servers, and for OFFLINE. */
function createRouter(
  config: LlmSettings,
  { logger, keys }: { logger: Logger; keys: KeySource<KeyHolder> | null },
): ModelRouter<KeyHolder> {
  const clients = new Map<ProviderName, LanguageModel>();
  for (const name of KEYED_PROVIDER_NAMES) {
    const access = config.providers[name];
    if (access) clients.set(name, KEYED_PROVIDERS[name].create(access));
  }
  const { defaultProvider, defaultModel, compatibleServers, fallbacks } = config;
  if (compatibleServers.length > 0)
    clients.set('OPENAI_COMPATIBLE', new CompatibleServers(compatibleServers));
  if (config.environment !== 'production' || defaultProvider === 'OFFLINE') {
    clients.set('OFFLINE', new OfflineModel({ script, tokensPerSecond: config.offlineTokensPerSecond }));
  }
  const prices = new PriceList(config.prices);
  const router = new ModelRouter({ clients, prices, defaultProvider, defaultModel, keys, fallbacks });
  checkDefault(router, logger);
  checkFallbacks(fallbacks, router.catalog);
  return router;
}

/** Fails the start when the default model is unavailable, because nothing works without it. */
function checkDefault({ catalog }: ModelRouter<KeyHolder>, logger: Logger): void {
  const retired = catalog.retiredDefault();
  if (retired)
    logger.warn(
      retired,
      'DEFAULT_LLM_MODEL is no longer served by its provider; its successor is used in its place',
    );
  try {
    catalog.find();
  } catch (error) {
    if (error instanceof ModelNotFoundError) throw new ConfigError([`DEFAULT_LLM_MODEL: ${error.message}`]);
    throw error;
  }
}

/** A fallback may have no key of the server's: those who have one of their own use it. But it must have a price. */
function checkFallbacks(fallbacks: LlmConfig['fallbacks'], catalog: ModelCatalog): void {
  const unknown = fallbacks.filter(({ provider, model }) => !catalog.describe(provider, model));
  const problems = unknown.map(
    ({ provider, model }) => `LLM_FALLBACKS: ${provider}/${model} has no known price`,
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

/** The script of the OFFLINE model: each module answers its own tasks. */
function script(request: ModelRequest): string {
  return (
    discussionScript(request) ??
    agentScript(request) ??
    `There is no offline script for the task ${request.task.name}.`
  );
}

type LlmSettings = LlmConfig & Pick<ProcessConfig, 'environment'>;
