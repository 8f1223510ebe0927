import type { ModelRequest, ModelStreamPart } from '../language-model.ts';
import type { Outcome, ProviderConnection, StreamError } from './provider-call.ts';
import { field, readError } from './provider-errors.ts';
import { defineProvider, type ProviderServer, usageParts } from './provider.ts';

/** Anthropic's Messages API. It has no JSON mode, so the instructions request JSON. */
export const anthropic = defineProvider({
  title: 'Anthropic',
  description: 'Anthropic’s Claude models.',
  baseUrl: 'https://api.anthropic.com',
  parts,
  errorInStream,
});

/** The first event has the input tokens, the last but one the output tokens. Later counts replace earlier ones. */
async function* parts(
  request: ModelRequest,
  connection: ProviderConnection,
  server: ProviderServer,
): AsyncGenerator<ModelStreamPart> {
  let counts: Counts = {};
  let outcome: Outcome | undefined;
  let complete = false;

  for await (const event of await open(request, connection, server)) {
    if (event.type === 'message_start' || event.type === 'message_delta') {
      counts = latest(counts, event.type === 'message_start' ? event.message.usage : event.usage);
      yield* usageParts(sumUp(counts));
    }
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta' && event.delta.text) {
      yield { type: 'text', text: event.delta.text };
    }
    if (event.type === 'message_delta' && event.delta.stop_reason) {
      outcome = OUTCOMES[event.delta.stop_reason] ?? 'stop';
    }
    if (event.type === 'message_stop') complete = true;
  }
  yield connection.end(complete || outcome === 'refused' ? outcome : undefined);
}

async function open(
  { model, system, messages, maxOutputTokens, json }: ModelRequest,
  connection: ProviderConnection,
  { apiKey, baseUrl }: ProviderServer,
) {
  const { Anthropic } = await import('@anthropic-ai/sdk');
  const client = new Anthropic({
    apiKey,
    baseURL: baseUrl,
    maxRetries: 0,
    logLevel: 'off',
    fetch: connection.fetch,
  });
  const instructions = [system, json ? JSON_INSTRUCTION : ''].filter(Boolean).join('\n\n');
  return client.messages.create(
    {
      model,
      ...(instructions ? { system: instructions } : {}),
      messages: [...messages],
      max_tokens: maxOutputTokens,
      stream: true,
    },
    { signal: connection.signal },
  );
}

/** A later count replaces an earlier one; an omitted count keeps its value. */
function latest(counts: Counts, update: Counts): Counts {
  const given = Object.entries(update ?? {}).filter(([, count]) => typeof count === 'number');
  return { ...counts, ...Object.fromEntries(given) };
}

/** Anthropic's `input_tokens` excludes the cached parts of the prompt. */
function sumUp(counts: Counts) {
  const cached = counts.cache_read_input_tokens ?? 0;
  const written = counts.cache_creation_input_tokens ?? 0;
  return {
    input: (counts.input_tokens ?? 0) + cached + written,
    output: counts.output_tokens,
    cached,
    written,
  };
}

/** An `error` event. The SDK stores its body in the error that it throws. */
function errorInStream(error: unknown): StreamError | undefined {
  const body = field(error, 'error');
  if (!body) return undefined;
  const report = readError(body);
  const status = report.codes?.map((code) => STATUS_OF_TYPE[code]).find(Boolean);
  return { ...report, status: status ?? 500 };
}

const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** Every other stop reason is a normal end. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refused',
};

const JSON_INSTRUCTION = 'Answer with one JSON object and nothing else: no words around it, no code fence.';

interface Counts {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
}
