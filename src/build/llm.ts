import type { Config } from '../config/config.ts';
import { ModelNotFoundError } from '../core/llm/catalog.ts';
import type { LanguageModel, ModelRequest } from '../core/llm/language-model.ts';
import { ModelRouter } from '../core/llm/model-router.ts';
import { OfflineModel } from '../core/llm/providers/offline.ts';
import { KEYED_PROVIDER_NAMES, KEYED_PROVIDERS, type ProviderName } from '../core/llm/providers/registry.ts';
import { ConfigError } from '../errors.ts';
import type { DiscussionFallback } from '../modules/discussion/engine/fallback.ts';
import { agentScript } from '../offline/agents/script.ts';
import { builtInRules } from '../offline/discussion/fallback.ts';
import { discussionScript } from '../offline/discussion/script.ts';

/** The providers that have a key, and OFFLINE, which needs none. */
export function createRouter(config: Config): ModelRouter {
  const clients = new Map<ProviderName, LanguageModel>();
  for (const name of KEYED_PROVIDER_NAMES) {
    const access = config.providers[name];
    if (access) clients.set(name, KEYED_PROVIDERS[name].create(access));
  }
  if (config.environment !== 'production' || config.defaultProvider === 'OFFLINE') {
    clients.set('OFFLINE', new OfflineModel({ script, tokensPerSecond: config.offlineTokensPerSecond }));
  }
  const { defaultProvider, defaultModel } = config;
  const router = new ModelRouter({ clients, defaultProvider, defaultModel });
  checkDefault(router);
  return router;
}

/** What answers in a discussion when a model fails. */
export function createDiscussionFallback(): DiscussionFallback {
  return builtInRules;
}

/** Without a default model nothing works: better not to start. */
function checkDefault({ catalog }: ModelRouter): void {
  try {
    catalog.find();
  } catch (error) {
    if (error instanceof ModelNotFoundError) throw new ConfigError([`DEFAULT_LLM_MODEL: ${error.message}`]);
    throw error;
  }
}

/** What the OFFLINE model says: each module plays its own part. */
function script(request: ModelRequest): string {
  return discussionScript(request) ?? agentScript(request) ?? `I have no part in ${request.task.name}.`;
}
