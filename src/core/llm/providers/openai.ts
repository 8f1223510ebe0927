import type { LanguageModel, ModelStreamPart, ModelRequest } from '../language-model.ts';
import {
  callProvider,
  DEFAULT_TIMEOUTS,
  type ProviderOptions,
  type StreamError,
  usagePieces,
  type ProviderConnection,
} from './provider-call.ts';
import { field, readError } from './provider-errors.ts';

/** OpenAI's chat completions. `baseUrl` (up to and with `/v1`) names another server that speaks them. */
export class OpenAiModel implements LanguageModel {
  readonly #options: ProviderOptions;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelStreamPart> {
    const { apiKey, timeouts = DEFAULT_TIMEOUTS } = this.#options;
    const pieces = (connection: ProviderConnection) => this.#pieces(request, connection);
    return callProvider({ provider: 'OpenAI', apiKey, timeouts, signal, pieces, errorInStream });
  }

  async *#pieces(request: ModelRequest, connection: ProviderConnection): AsyncGenerator<ModelStreamPart> {
    let finish: string | undefined;
    let refused = false;

    for await (const chunk of await this.#open(request, connection)) {
      if (chunk.usage) {
        const { prompt_tokens, completion_tokens, prompt_tokens_details } = chunk.usage;
        const { cached_tokens: cached, cache_write_tokens: written } = prompt_tokens_details ?? {};
        yield* usagePieces({ input: prompt_tokens, output: completion_tokens, cached, written });
      }
      const choice = chunk.choices?.[0];
      if (choice?.delta?.content) yield { type: 'text', text: choice.delta.content };
      if (choice?.delta?.refusal) refused = true;
      finish = choice?.finish_reason ?? finish;
    }

    if (refused || finish === 'content_filter') throw connection.refused();
    if (!finish) throw connection.truncated();
    yield { type: 'end', reason: finish === 'length' ? 'length' : 'stop' };
  }

  async #open(
    { model, system, messages, maxOutputTokens, json }: ModelRequest,
    connection: ProviderConnection,
  ) {
    const { OpenAI } = await import('openai');
    const { apiKey, baseUrl } = this.#options;
    const client = new OpenAI({
      apiKey,
      baseURL: baseUrl ?? 'https://api.openai.com/v1',
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
}

/** An event with an `error` in it. The SDK keeps what was told in its own error. */
function errorInStream(error: unknown): StreamError | undefined {
  if (!field(error, 'error')) return undefined;
  const told = readError(error);
  const isLimit = told.codes?.some((code) => code === 'rate_limit_exceeded') ?? false;
  return { ...told, status: isLimit ? 429 : 500 };
}
