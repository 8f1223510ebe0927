import type { Config } from '../config/config.ts';
import { AnthropicModel } from '../core/llm/providers/anthropic.ts';
import { GoogleModel } from '../core/llm/providers/google.ts';
import type { LanguageModel, ModelRequest } from '../core/llm/language-model.ts';
import { OfflineModel } from '../core/llm/providers/offline.ts';
import { OpenAiModel } from '../core/llm/providers/openai.ts';
import type { ProviderName } from '../core/llm/provider-name.ts';
import { Router, RoutingError } from '../core/llm/router.ts';
import { ConfigError } from '../errors.ts';
import type { DiscussionFallback } from '../modules/discussion/engine/fallback.ts';
import { builtInRules } from '../offline/discussion/fallback.ts';
import { discussionScript } from '../offline/discussion/script.ts';
import { agentScript } from '../offline/agents/script.ts';

/** The providers that have a key, and OFFLINE, which needs none. */
export function createRouter(config: Config): Router {
  const { ANTHROPIC, GOOGLE, OPENAI } = config.providers;
  const models = new Map<ProviderName, LanguageModel>();
  if (ANTHROPIC) models.set('ANTHROPIC', new AnthropicModel(access(ANTHROPIC)));
  if (OPENAI) models.set('OPENAI', new OpenAiModel(access(OPENAI)));
  if (GOOGLE) models.set('GOOGLE', new GoogleModel(access(GOOGLE)));
  if (config.environment !== 'production' || config.defaultProvider === 'OFFLINE') {
    models.set('OFFLINE', new OfflineModel({ script, tokensPerSecond: config.offlineTokensPerSecond }));
  }
  const { defaultProvider, defaultModel } = config;
  const router = new Router({ models, defaultProvider, defaultModel: defaultModel ?? undefined });
  checkDefault(router);
  return router;
}

/** What answers in a discussion when a model fails. */
export function createDiscussionFallback(): DiscussionFallback {
  return builtInRules;
}

/** Without a default model nothing works: better not to start. */
function checkDefault(router: Router): void {
  try {
    router.route({});
  } catch (error) {
    if (error instanceof RoutingError) throw new ConfigError([`DEFAULT_LLM_MODEL: ${error.message}`]);
    throw error;
  }
}

function access({ apiKey, baseUrl }: { apiKey: string; baseUrl: string | null }) {
  return { apiKey, baseUrl: baseUrl ?? undefined };
}

/** What the OFFLINE model says: each module plays its own part. */
function script(request: ModelRequest): string {
  return discussionScript(request) ?? agentScript(request) ?? `I have no part in ${request.task.name}.`;
}
