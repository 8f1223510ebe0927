import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import type { Outcome, ProviderConnection, StreamError } from './provider-call.ts';
import { field, readError } from './provider-errors.ts';
import { defineProvider, type ProviderServer, usageParts } from './provider.ts';

/** OpenAI's Chat Completions API. The base URL ends with `/v1`. */
export const openAi = defineProvider({
  title: 'OpenAI',
  description: 'OpenAI’s models, through the Chat Completions API.',
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

/** An event with an `error`. The SDK stores its body in the error that it throws. */
function errorInStream(error: unknown): StreamError | undefined {
  if (!field(error, 'error')) return undefined;
  const report = readError(error);
  const isLimit = report.codes?.some((code) => code === 'rate_limit_exceeded') ?? false;
  return { ...report, status: isLimit ? 429 : 500 };
}

/** Every other finish reason is a normal end. */
const OUTCOMES: Readonly<Record<string, Outcome>> = { length: 'length', content_filter: 'refused' };
