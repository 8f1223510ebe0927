import { z } from 'zod';
import {
  KEYED_PROVIDER_NAMES,
  type KeyedProviderName,
  PROVIDER_NAMES,
  type ProviderName,
} from '../core/llm/providers/registry.ts';
import type { CompatibleServer } from '../core/llm/providers/openai-compatible.ts';
import type { ModelPrice } from '../core/llm/prices.ts';
import { compatibleServers } from './compatible-servers.ts';
import { pricesFile } from './model-prices.ts';
import { apiUrl, type Environment, list, oneOf, type Parsed, text, wholeNumber } from './setting.ts';

/** The models that the server calls, and their keys. */
export interface LlmConfig {
  providers: Record<KeyedProviderName, ProviderConfig | null>;
  /** The operator's own servers: the provider OPENAI_COMPATIBLE. */
  compatibleServers: readonly CompatibleServer[];
  defaultProvider: ProviderName;
  /** Null: the default model of the provider. */
  defaultModel: string | null;
  offlineTokensPerSecond: number;
  /** The operator's, of LLM_PRICES_FILE. */
  prices: readonly ModelPrice[];
  /** Tried when the wanted model cannot be called, in this order. */
  fallbacks: { provider: ProviderName; model: string }[];
  /** Hosts that base URLs of users may name although they are not on the public internet, as in URLs. */
  allowedPrivateHosts: string[];
}

const baseUrl = apiUrl.optional();

/** The attempts that a failing call has, but for the first. */
const MAX_FALLBACKS = 2;
const FALLBACKS_PROBLEM = `must list at most ${MAX_FALLBACKS} models such as ANTHROPIC/claude-sonnet-5, separated by commas or as a JSON array`;

export const LLM_SETTINGS = {
  ...providerSettings(),
  OPENAI_COMPATIBLE_SERVERS: compatibleServers,
  DEFAULT_LLM_PROVIDER: z
    .string()
    .transform((value) => value.trim().toUpperCase())
    .pipe(oneOf(PROVIDER_NAMES))
    .optional(),
  DEFAULT_LLM_MODEL: text,
  LLM_PRICES_FILE: pricesFile,
  OFFLINE_TOKENS_PER_SECOND: wholeNumber(1, 100_000).default(40),
  LLM_FALLBACKS: list(isFallback, FALLBACKS_PROBLEM).refine(
    (values) => (values ?? []).length <= MAX_FALLBACKS,
    FALLBACKS_PROBLEM,
  ),
  LLM_ALLOWED_PRIVATE_HOSTS: list(
    (value) => URL.parse(`http://${value}`)?.host === value,
    'must list hosts such as gateway.internal or 10.0.0.5:8080, separated by commas or as a JSON array',
  ),
};

export function llmProblems(env: Environment): string[] {
  const provider = env['DEFAULT_LLM_PROVIDER']?.trim().toUpperCase();
  const keyed = KEYED_PROVIDER_NAMES.find((name) => name === provider);
  if (keyed && !env[`${keyed}_API_KEY`])
    return [`${keyed}_API_KEY must be set, because DEFAULT_LLM_PROVIDER is ${keyed}`];
  if (provider === 'OPENAI_COMPATIBLE' && !env['OPENAI_COMPATIBLE_SERVERS'])
    return ['OPENAI_COMPATIBLE_SERVERS must be set, because DEFAULT_LLM_PROVIDER is OPENAI_COMPATIBLE'];
  const sources = [...KEYED_PROVIDER_NAMES.map((name) => `${name}_API_KEY`), 'OPENAI_COMPATIBLE_SERVERS'];
  if (env['NODE_ENV'] === 'production' && !provider && sources.every((name) => !env[name]))
    return [
      `${sources.join(', ')}: one of them must be set in production. To serve scripted answers instead, set DEFAULT_LLM_PROVIDER=OFFLINE`,
    ];
  return [];
}

export function llmConfig(env: Parsed<typeof LLM_SETTINGS>): LlmConfig {
  const servers = env.OPENAI_COMPATIBLE_SERVERS;
  const firstWithKey = KEYED_PROVIDER_NAMES.find((name) => env[`${name}_API_KEY`]);
  const withoutKey = servers.length > 0 ? 'OPENAI_COMPATIBLE' : 'OFFLINE';
  const access = KEYED_PROVIDER_NAMES.map((name) => {
    const apiKey = env[`${name}_API_KEY`];
    return [name, apiKey ? { apiKey, baseUrl: env[`${name}_BASE_URL`] ?? null } : null];
  });
  return {
    providers: Object.fromEntries(access) as LlmConfig['providers'],
    compatibleServers: servers,
    defaultProvider: env.DEFAULT_LLM_PROVIDER ?? firstWithKey ?? withoutKey,
    defaultModel: env.DEFAULT_LLM_MODEL ?? null,
    prices: env.LLM_PRICES_FILE,
    offlineTokensPerSecond: env.OFFLINE_TOKENS_PER_SECOND,
    fallbacks: (env.LLM_FALLBACKS ?? []).map(readFallback),
    allowedPrivateHosts: env.LLM_ALLOWED_PRIVATE_HOSTS ?? [],
  };
}

function isFallback(text: string): boolean {
  const { provider, model } = readFallback(text);
  return PROVIDER_NAMES.includes(provider) && model !== '';
}

/** The model of an own server has a slash of its own: `OPENAI_COMPATIBLE/ollama/llama`. */
function readFallback(text: string): { provider: ProviderName; model: string } {
  const [provider = '', ...model] = text.split('/');
  return { provider: provider.toUpperCase() as ProviderName, model: model.join('/') };
}

/** Two settings for each provider that needs an API key. */
function providerSettings() {
  const settings = KEYED_PROVIDER_NAMES.flatMap((name) => [
    [`${name}_API_KEY`, text],
    [`${name}_BASE_URL`, baseUrl],
  ]);
  return Object.fromEntries(settings) as Record<`${KeyedProviderName}_API_KEY`, typeof text> &
    Record<`${KeyedProviderName}_BASE_URL`, typeof baseUrl>;
}

export interface ProviderConfig {
  apiKey: string;
  /** Null: the provider's own server. */
  baseUrl: string | null;
}
