import type { JsonSchema } from './structured/output-schema.ts';

/**
 * The port for all providers: takes a request and streams parts, the last of which is exactly one `end`. A stream that
 * stops without the provider's completion marker is an error (ModelError TRUNCATED), never a short answer. Adapters
 * do not retry and do not fall back to other models: their callers decide that.
 */
export interface LanguageModel {
  /**
   * Streams one completion. Closes the connection to the provider within a second after `signal` aborts or the reader
   * leaves the loop. An abort throws the signal's reason.
   * Errors: ModelError, whose message never contains a key.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelStreamPart>;
}

export interface ModelRequest {
  /** The provider's name of the model, e.g. `gpt-5-mini`. */
  model: string;
  /** What all calls of this kind share. */
  system: string;
  /** The end of the system prompt, which differs between calls, e.g. by a nonce. */
  systemSuffix?: string;
  /** Oldest first. The last one is a user message. */
  messages: readonly ModelMessage[];
  /** Of the text. */
  maxOutputTokens: number;
  /** Room for the model's thinking, in addition. Left out: the model does not think, and is not told how much. */
  thinkingTokens?: number;
  /** Requests exactly one JSON object. Left out: text. */
  output?: OutputFormat;
  /** The purpose of the call: names it in logs and telemetry, and selects the script of the OFFLINE model. */
  task: ModelTask;
}

export interface OutputFormat {
  /** Letters, digits, `_` and `-`, at most 64. */
  name: string;
  /**
   * The schema that the provider is to enforce (`nativeSchemaOf`). Null: it cannot be expressed for all providers, so
   * that any JSON object is requested. The reader checks the answer in both cases.
   */
  schema: JsonSchema | null;
}

export interface ModelMessage {
  role: 'user' | 'assistant';
  content: string;
}

export interface ModelTask {
  /** e.g. `discussion.design`, `agent.reporter`. */
  name: string;
  /** The data that the prompt was built from. It stays in this process and is never sent to a provider. */
  metadata: Readonly<Record<string, unknown>>;
}

export type ModelStreamPart =
  /** Never empty. Contains no unpaired surrogate and no NUL, so that it can be stored. */
  | { type: 'text'; text: string }
  /** May occur any number of times, including zero. The largest value of each count is the provider's. */
  | { type: 'usage'; usage: ModelUsage }
  /** Never shown, but billed. Some providers count their thinking without sending it. */
  | { type: 'thinking'; text: string }
  | { type: 'end'; reason: EndReason };

/** Why an answer ends. All but `stop` may end it in the middle of a sentence. */
export type EndReason =
  /** It is complete. */
  | 'stop'
  /** maxOutputTokens was reached. */
  | 'length'
  /** maxOutputTokens was reached, and thinking had used up most of it. */
  | 'thinking'
  /** The model's own limit was reached: its context window, or the most that it can write. */
  | 'window'
  /** The provider gave a reason that is not known here. */
  | 'unknown';

/** Token counts as the provider tells them. 0: it did not tell this one. */
export interface ModelUsage {
  /** All tokens of the prompt, cached or not. */
  inputTokens: number;
  /** All generated tokens, including reasoning. */
  outputTokens: number;
  /** The part of inputTokens that was read from the provider's cache, at a lower price. */
  cachedInputTokens?: number;
  /** The part of inputTokens that was written to the provider's cache. Some providers charge more for it. */
  cacheWriteTokens?: number;
}

export type ModelErrorCode =
  /** Too many requests, or a temporarily exhausted quota. */
  | 'RATE_LIMITED'
  /** A 5xx status, a failed or broken connection, or an unreadable answer. */
  | 'UNAVAILABLE'
  /** The stream ended without the provider's completion marker. */
  | 'TRUNCATED'
  /** The provider sent no data for too long, or the whole call took too long. */
  | 'TIMEOUT'
  /** The key is invalid, has no access to the model, or its account has no credit. */
  | 'AUTH'
  /** The provider rejected the request as invalid. */
  | 'BAD_REQUEST'
  /** The provider refused the content. */
  | 'REFUSED'
  /** A limit of tokens was used up before any text was written, usually by thinking. */
  | 'OUTPUT_LIMIT'
  /** The model called a tool, although none was offered, and wrote no text. */
  | 'TOOL_CALL';

export class ModelError extends Error {
  readonly code: ModelErrorCode;
  /** Whether the same request may succeed later. Follows from the code, but for e.g. a used up quota of a day. */
  readonly retryable: boolean;
  /** The provider's Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The HTTP status of an answer that is an error. */
  readonly status: number | undefined;

  constructor(
    code: ModelErrorCode,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown; retryable?: boolean; status?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ModelError';
    this.code = code;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}

const RETRYABLE: ReadonlySet<ModelErrorCode> = new Set([
  'RATE_LIMITED',
  'UNAVAILABLE',
  'TRUNCATED',
  'TIMEOUT',
]);
