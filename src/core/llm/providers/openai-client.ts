import type { ProviderConnection } from './provider-call.ts';
import type { ProviderServer } from './provider.ts';

/** OpenAI's SDK for one call. It reads nothing from the environment and never retries. */
export async function openAiClient(connection: ProviderConnection, { apiKey, baseUrl }: ProviderServer) {
  const { OpenAI } = await import('openai');
  return new OpenAI({
    apiKey: apiKey || 'none', // the SDK requires one, but does not send it with this header
    ...(apiKey ? {} : { defaultHeaders: { Authorization: null } }),
    baseURL: baseUrl,
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: 'off',
    fetch: connection.fetch,
  });
}
