import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import type { Outcome, ProviderConnection, StreamError } from './provider-call.ts';
import { field, readError } from './provider-errors.ts';
import { defineProvider, type ProviderServer, usageParts } from './provider.ts';

/** OpenAI's chat completions. The base URL goes up to and with `/v1`. */
export const openAi = defineProvider({
  title: 'OpenAI',
  description: 'OpenAI’s chat completions.',
  baseUrl: 'https://api.openai.com/v1',
  parts,
  errorInStream,
});

async function* parts(
  request: ModelRequest,
  connection: ProviderConnection,
  server: ProviderServer,
): AsyncGenerator<ModelStreamPart> {
  let outcome: Outcome | undefined;
  let refused = false;

  for await (const chunk of await open(request, connection, server)) {
    if (chunk.usage) {
      const { prompt_tokens, completion_tokens, prompt_tokens_details } = chunk.usage;
      const { cached_tokens: cached, cache_write_tokens: written } = prompt_tokens_details ?? {};
      yield* usageParts({ input: prompt_tokens, output: completion_tokens, cached, written });
    }
    const choice = chunk.choices?.[0];
    if (choice?.delta?.content) yield { type: 'text', text: choice.delta.content };
    if (choice?.delta?.refusal) refused = true;
    if (choice?.finish_reason) outcome = OUTCOMES[choice.finish_reason] ?? 'stop';
  }
  yield connection.end(refused ? 'refused' : outcome);
}

async function open(
  { model, system, messages, maxOutputTokens, json }: ModelRequest,
  connection: ProviderConnection,
  { apiKey, baseUrl }: ProviderServer,
) {
  const { OpenAI } = await import('openai');
  const client = new OpenAI({
    apiKey,
    baseURL: baseUrl,
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: 'off',
    fetch: connection.fetch,
  });
  return client.chat.completions.create(
    {
      model,
      messages: [...(system ? [{ role: 'system' as const, content: system }] : []), ...messages],
      max_completion_tokens: maxOutputTokens,
      ...(json ? { response_format: { type: 'json_object' as const } } : {}),
      stream: true,
      stream_options: { include_usage: true },
    },
    { signal: connection.signal },
  );
}

/** An event with an `error` in it. The SDK keeps what was told in its own error. */
function errorInStream(error: unknown): StreamError | undefined {
  if (!field(error, 'error')) return undefined;
  const told = readError(error);
  const isLimit = told.codes?.some((code) => code === 'rate_limit_exceeded') ?? false;
  return { ...told, status: isLimit ? 429 : 500 };
}

/** Every other reason to finish is a regular end. */
const OUTCOMES: Readonly<Record<string, Outcome>> = { length: 'length', content_filter: 'refused' };
