import { z } from 'zod';
import { compatibleModels } from '../core/llm/compatible-models.ts';
import { PriceList } from '../core/llm/price-list.ts';
import {
  KEYED_PROVIDER_NAMES,
  KEYED_PROVIDERS,
  type KeyedProviderName,
  PROVIDER_NAMES,
  type ProviderName,
} from '../core/llm/providers/registry.ts';
import type { CompatibleServer } from '../core/llm/providers/openai-compatible.ts';
import type { ModelPrice } from '../core/llm/prices.ts';
import { compatibleServers } from './compatible-servers.ts';
import { pricesFile } from './model-prices.ts';
import type { PROCESS_SETTINGS } from './process.ts';
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
  /** The operator's, of OPENAI_COMPATIBLE_SERVERS and LLM_PRICES_FILE. */
  prices: readonly ModelPrice[];
  /** Tried when the wanted model cannot be called, in this order. */
  fallbacks: { provider: ProviderName; model: string }[];
  /** Hosts that base URLs of users may name although they are not on the public internet, as in URLs. */
  allowedPrivateHosts: string[];
}

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
  return [...defaultProblems(env), ...baseUrlProblems(env), ...productionProblems(env)];
}

function defaultProblems(env: Environment): string[] {
  const provider = defaultProviderIn(env);
  const keyed = KEYED_PROVIDER_NAMES.find((name) => name === provider);
  if (keyed && !env[`${keyed}_API_KEY`])
    return [`${keyed}_API_KEY must be set, because DEFAULT_LLM_PROVIDER is ${keyed}`];
  if (provider === 'OPENAI_COMPATIBLE' && !env['OPENAI_COMPATIBLE_SERVERS'])
    return ['OPENAI_COMPATIBLE_SERVERS must be set, because DEFAULT_LLM_PROVIDER is OPENAI_COMPATIBLE'];
  return [];
}

/** Without its key a provider is not called, wherever it is. */
function baseUrlProblems(env: Environment): string[] {
  const keyless = KEYED_PROVIDER_NAMES.filter((name) => env[`${name}_BASE_URL`] && !env[`${name}_API_KEY`]);
  return keyless
    .filter((name) => name !== defaultProviderIn(env))
    .map(
      (name) =>
        `${name}_API_KEY must be set, because ${name}_BASE_URL is. A server without a key goes into OPENAI_COMPATIBLE_SERVERS`,
    );
}

function productionProblems(env: Environment): string[] {
  const sources = [...KEYED_PROVIDER_NAMES.map((name) => `${name}_API_KEY`), 'OPENAI_COMPATIBLE_SERVERS'];
  if (env['NODE_ENV'] !== 'production' || defaultProviderIn(env) || sources.some((name) => env[name]))
    return [];
  return [
    `${sources.join(', ')}: one of them must be set in production. To serve scripted answers instead, set DEFAULT_LLM_PROVIDER=OFFLINE`,
  ];
}

function defaultProviderIn(env: Environment): string | undefined {
  return env['DEFAULT_LLM_PROVIDER']?.trim().toUpperCase();
}

export function llmConfig(env: Parsed<LlmSettings>): LlmConfig {
  const servers = env.OPENAI_COMPATIBLE_SERVERS;
  const access = KEYED_PROVIDER_NAMES.map((name) => {
    const apiKey = env[`${name}_API_KEY`];
    return [name, apiKey ? { apiKey, baseUrl: env[`${name}_BASE_URL`] ?? null } : null];
  });
  const prices = [...compatibleModels(servers), ...env.LLM_PRICES_FILE];
  return {
    providers: Object.fromEntries(access) as LlmConfig['providers'],
    compatibleServers: servers,
    defaultProvider: env.DEFAULT_LLM_PROVIDER ?? providerByModel(env, new PriceList(prices)),
    defaultModel: env.DEFAULT_LLM_MODEL ?? null,
    prices,
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

/**
 * The first provider that can be called and has the default model, if one is named; else the first that can be called. A
 * provider without a key that has the model is named, so that the start asks for its key.
 */
function providerByModel(env: Parsed<LlmSettings>, prices: PriceList): ProviderName {
  const callable: ProviderName[] = KEYED_PROVIDER_NAMES.filter((name) => env[`${name}_API_KEY`]);
  if (env.OPENAI_COMPATIBLE_SERVERS.length > 0) callable.push('OPENAI_COMPATIBLE');
  if (env.NODE_ENV !== 'production') callable.push('OFFLINE');
  const model = env.DEFAULT_LLM_MODEL;
  const hasModel = (name: ProviderName) =>
    model !== undefined && Boolean(prices.find(name, model) ?? prices.retirement(name, model));
  return [...callable, ...KEYED_PROVIDER_NAMES].find(hasModel) ?? callable[0] ?? 'OFFLINE';
}

/** Two settings for each provider that needs an API key. */
function providerSettings() {
  const settings = KEYED_PROVIDER_NAMES.flatMap((name) => [
    [`${name}_API_KEY`, text],
    [`${name}_BASE_URL`, baseUrl(KEYED_PROVIDERS[name].baseUrl)],
  ]);
  return Object.fromEntries(settings) as Record<`${KeyedProviderName}_API_KEY`, typeof text> &
    Record<`${KeyedProviderName}_BASE_URL`, ReturnType<typeof baseUrl>>;
}

function baseUrl(example: string) {
  return apiUrl(example).optional();
}

type LlmSettings = typeof LLM_SETTINGS & typeof PROCESS_SETTINGS;

export interface ProviderConfig {
  apiKey: string;
  /** Null: the provider's own server. */
  baseUrl: string | null;
}
