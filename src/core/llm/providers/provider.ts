import type { LanguageModel, ModelRequest, ModelStreamPart, ModelUsage } from '../language-model.ts';
import { withinLimit } from '../request.ts';
import {
  callProvider,
  type EventReader,
  type ModelTimeouts,
  type ProviderConnection,
} from './provider-call.ts';
import { ThinkingHabits } from './thinking-habits.ts';

/**
 * Declares a provider that needs an API key. Every list of providers is derived from `registry.ts`.
 *
 * @example
 * export const acme = defineProvider({ title: 'Acme', description: '…', baseUrl: 'https://api.acme.example', send, reader });
 */
export function defineProvider({
  title,
  description,
  baseUrl: ownUrl,
  send,
  reader,
  thinksInText = false,
}: ProviderDeclaration): KeyedProvider {
  return {
    title,
    description,
    baseUrl: ownUrl,
    create({ apiKey, baseUrl, fetch, timeouts = DEFAULT_TIMEOUTS, limits = UNKNOWN_LIMITS }) {
      const server = { apiKey, baseUrl: baseUrl ?? ownUrl };
      const habits = new ThinkingHabits(thinksInText ? 'UNKNOWN' : baseUrl ? 'PROXY' : 'OWN');
      return {
        stream(wanted, signal) {
          const request = withinLimit(wanted, limits.maxOutputTokens);
          return callProvider({
            provider: title,
            apiKey,
            fetch,
            timeouts,
            signal,
            filter: habits.filterFor(request),
            request,
            isOwnLimit: request !== wanted,
            contextTokens: limits.contextTokens,
            send: (connection) => send(request, connection, server),
            reader,
          });
        },
      };
    },
  };
}

/** The usage as a part. Empty when the provider's numbers are no token counts: some servers send zeros or omit them. */
export function usageParts({ input, output, cached, written }: UsageCounts): ModelStreamPart[] {
  const usage: ModelUsage = {
    inputTokens: isCount(input) ? input : 0,
    outputTokens: isCount(output) ? output : 0,
  };
  if (usage.inputTokens === 0 && usage.outputTokens === 0) return [];
  if (isCount(cached) && cached > 0) usage.cachedInputTokens = cached;
  if (isCount(written) && written > 0) usage.cacheWriteTokens = written;
  return [{ type: 'usage', usage }];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A minute without data means that the provider has stalled. The longest answers take several minutes. */
const DEFAULT_TIMEOUTS: ModelTimeouts = { idleMs: 60_000, totalMs: 600_000 };

const UNKNOWN_LIMITS: ModelLimits = { contextTokens: null, maxOutputTokens: null };

/** The description of a provider. */
export interface Provider {
  /** Display name, e.g. `Anthropic`. */
  title: string;
  /** One sentence that helps users choose a provider. */
  description: string;
}

export interface KeyedProvider extends Provider {
  /** The provider's own server. */
  baseUrl: string;
  /** Creates a model client. Opens no connection before its first call. */
  create(access: ProviderAccess): LanguageModel;
}

export interface ProviderAccess {
  apiKey: string;
  /** The server to call. Null or undefined: the provider's own server. */
  baseUrl?: string | null;
  timeouts?: ModelTimeouts;
  /** Sends the requests. Default: the global one. */
  fetch?: typeof fetch | undefined;
  /** Of the models that are called, if the operator knows them. */
  limits?: ModelLimits;
}

export interface ModelLimits {
  /** Prompt and answer together. Null: unknown. */
  contextTokens: number | null;
  /** The most that the model can write, thinking included. A request never asks for more. Null: unknown. */
  maxOutputTokens: number | null;
}

export interface ProviderDeclaration extends Provider, ProviderProtocol {
  /** The provider's own server. */
  baseUrl: string;
}

export interface ProviderProtocol {
  /** Sends one request with the provider's SDK, through the connection's `fetch` and `signal`. */
  send: (request: ModelRequest, connection: ProviderConnection, server: ProviderServer) => Promise<void>;
  /** Creates the reader of one answer. It reports the provider's words for the end to the connection. */
  reader: (connection: ProviderConnection) => EventReader;
  /** Whether its models may write their thinking into their text, without its opening. Default: false. */
  thinksInText?: boolean;
}

export interface ProviderServer {
  /** Empty: the server needs none. */
  apiKey: string;
  baseUrl: string;
}

/** As the provider sent them. */
interface UsageCounts {
  input: unknown;
  output: unknown;
  cached?: unknown;
  written?: unknown;
}
