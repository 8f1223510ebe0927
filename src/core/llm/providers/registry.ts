/**
 * The list of all providers. Settings, the router, the GraphQL enum and the design schema are derived from it.
 */
import { anthropic } from './anthropic.ts';
import { google } from './google.ts';
import { offline } from './offline.ts';
import { openAiCompatible } from './openai-compatible.ts';
import { openAi } from './openai.ts';
import type { KeyedProvider, Provider } from './provider.ts';

/**
 * Providers that need an API key. The first one with a configured key is the default provider. The names are prefixes
 * of the settings: `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`.
 */
export const KEYED_PROVIDERS = {
  ANTHROPIC: anthropic,
  OPENAI: openAi,
  GOOGLE: google,
} satisfies Record<string, KeyedProvider>;

/** All providers: those that need an API key, the operator's own servers, and OFFLINE. */
export const PROVIDERS: Readonly<Record<ProviderName, Provider>> = {
  ...KEYED_PROVIDERS,
  OPENAI_COMPATIBLE: openAiCompatible,
  OFFLINE: offline,
};

export const KEYED_PROVIDER_NAMES = Object.keys(KEYED_PROVIDERS) as KeyedProviderName[];
export const PROVIDER_NAMES = Object.keys(PROVIDERS) as ProviderName[];

/** Whether `text` is the exact name of a provider, e.g. a stored one. */
export function isProviderName(text: string): text is ProviderName {
  return Object.hasOwn(PROVIDERS, text);
}

export type KeyedProviderName = keyof typeof KEYED_PROVIDERS;
export type ProviderName = KeyedProviderName | 'OPENAI_COMPATIBLE' | 'OFFLINE';
