import { z } from 'zod';
import {
  KEYED_PROVIDER_NAMES,
  type KeyedProviderName,
  PROVIDER_NAMES,
  type ProviderName,
} from '../core/llm/providers/registry.ts';
import { type Environment, oneOf, type Parsed, text, webUrl, wholeNumber } from './setting.ts';

/** The models that the server calls, and their keys. */
export interface LlmConfig {
  providers: Record<KeyedProviderName, ProviderConfig | null>;
  defaultProvider: ProviderName;
  /** Null: the default model of the provider. */
  defaultModel: string | null;
  offlineTokensPerSecond: number;
}

export const LLM_SETTINGS = {
  ...providerSettings(),
  DEFAULT_LLM_PROVIDER: z
    .string()
    .transform((value) => value.trim().toUpperCase())
    .pipe(oneOf(PROVIDER_NAMES))
    .optional(),
  DEFAULT_LLM_MODEL: text,
  OFFLINE_TOKENS_PER_SECOND: wholeNumber(1, 100_000).default(40),
};

export function llmProblems(env: Environment): string[] {
  const provider = env['DEFAULT_LLM_PROVIDER']?.trim().toUpperCase();
  const keyed = KEYED_PROVIDER_NAMES.find((name) => name === provider);
  if (keyed && !env[`${keyed}_API_KEY`])
    return [`${keyed}_API_KEY must be set, because DEFAULT_LLM_PROVIDER is ${keyed}`];
  const keys = KEYED_PROVIDER_NAMES.map((name) => `${name}_API_KEY` as const);
  if (env['NODE_ENV'] === 'production' && !provider && keys.every((key) => !env[key]))
    return [
      `${keys.join(', ')}: one of them must be set in production. To serve scripted answers instead, set DEFAULT_LLM_PROVIDER=OFFLINE`,
    ];
  return [];
}

export function llmConfig(env: Parsed<typeof LLM_SETTINGS>): LlmConfig {
  const firstWithKey = KEYED_PROVIDER_NAMES.find((name) => env[`${name}_API_KEY`]);
  const access = KEYED_PROVIDER_NAMES.map((name) => {
    const apiKey = env[`${name}_API_KEY`];
    return [name, apiKey ? { apiKey, baseUrl: env[`${name}_BASE_URL`] ?? null } : null];
  });
  return {
    providers: Object.fromEntries(access) as LlmConfig['providers'],
    defaultProvider: env.DEFAULT_LLM_PROVIDER ?? firstWithKey ?? 'OFFLINE',
    defaultModel: env.DEFAULT_LLM_MODEL ?? null,
    offlineTokensPerSecond: env.OFFLINE_TOKENS_PER_SECOND,
  };
}

/** Two settings for each provider that needs an API key. */
function providerSettings() {
  const settings = KEYED_PROVIDER_NAMES.flatMap((name) => [
    [`${name}_API_KEY`, text],
    [`${name}_BASE_URL`, webUrl],
  ]);
  return Object.fromEntries(settings) as Record<`${KeyedProviderName}_API_KEY`, typeof text> &
    Record<`${KeyedProviderName}_BASE_URL`, typeof webUrl>;
}

export interface ProviderConfig {
  apiKey: string;
  /** Null: the provider's own server. */
  baseUrl: string | null;
}
