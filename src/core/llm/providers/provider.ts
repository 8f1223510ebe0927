import type { LanguageModel, ModelRequest, ModelStreamPart, ModelUsage } from '../language-model.ts';
import {
  callProvider,
  type ModelTimeouts,
  type ProviderConnection,
  type StreamError,
} from './provider-call.ts';

/**
 * Declares a provider that needs an API key. Every list of providers is derived from `registry.ts`.
 *
 * @example
 * export const acme = defineProvider({ title: 'Acme', description: '…', baseUrl: 'https://api.acme.example', parts, errorInStream });
 */
export function defineProvider({
  title,
  description,
  baseUrl,
  ...protocol
}: ProviderDeclaration): KeyedProvider {
  return {
    title,
    description,
    create: ({ apiKey, baseUrl: otherUrl, timeouts = DEFAULT_TIMEOUTS }) => ({
      stream(request, signal) {
        const server = { apiKey, baseUrl: otherUrl ?? baseUrl };
        return callProvider({
          provider: title,
          apiKey,
          timeouts,
          signal,
          parts: (connection) => protocol.parts(request, connection, server),
          errorInStream: protocol.errorInStream,
        });
      },
    }),
  };
}

/**
 * The usage as a part. Empty when the provider's numbers are not token counts: some servers send zeros or omit them.
 */
export function usageParts({ input, output, cached, written }: UsageCounts): ModelStreamPart[] {
  if (!isCount(input) || input === 0 || !isCount(output)) return [];
  const usage: ModelUsage = { inputTokens: input, outputTokens: output };
  if (isCount(cached) && cached > 0) usage.cachedInputTokens = cached;
  if (isCount(written) && written > 0) usage.cacheWriteTokens = written;
  return [{ type: 'usage', usage }];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A minute without data means that the provider has stalled. The longest answers take several minutes. */
const DEFAULT_TIMEOUTS: ModelTimeouts = { idleMs: 60_000, totalMs: 600_000 };

/** The description of a provider. */
export interface Provider {
  /** Display name, e.g. `Anthropic`. */
  title: string;
  /** One sentence that helps users choose a provider. */
  description: string;
}

export interface KeyedProvider extends Provider {
  /** Creates a model client. Opens no connection before its first call. */
  create(access: ProviderAccess): LanguageModel;
}

export interface ProviderAccess {
  apiKey: string;
  /** The server to call. Null or undefined: the provider's own server. */
  baseUrl?: string | null;
  timeouts?: ModelTimeouts;
}

export interface ProviderDeclaration extends Provider {
  /** The provider's own server. */
  baseUrl: string;
  /** Performs one call with the provider's SDK, through the connection's `fetch` and `signal`. */
  parts: (
    request: ModelRequest,
    connection: ProviderConnection,
    server: ProviderServer,
  ) => AsyncIterable<ModelStreamPart>;
  /** The provider's error report if the SDK's error came from inside the stream, else undefined. */
  errorInStream: (error: unknown) => StreamError | undefined;
}

export interface ProviderServer {
  apiKey: string;
  baseUrl: string;
}

interface UsageCounts {
  input: number | null | undefined;
  output: number | null | undefined;
  cached?: number | null;
  written?: number | null;
}
