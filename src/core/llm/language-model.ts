/**
 * One port for all providers: a request in, a stream of parts out, always closed by exactly one `end`.
 * A stream that stops without its provider's own sign of completion is a failure (ModelError TRUNCATED),
 * never a short answer. Adapters do not retry and do not fall back: that is decided in one place above them.
 */
export interface LanguageModel {
  /**
   * Streams one completion. Stops the provider's connection within a second of `signal` aborting, or of the
   * reader leaving the loop; an abort then throws the signal's reason.
   * Errors: ModelError, whose message never holds a key.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelStreamPart>;
}

export interface ModelRequest {
  /** The provider's own name for the model, e.g. `gpt-5-mini`. */
  model: string;
  system: string;
  /** Oldest first; ends with a user message. */
  messages: readonly ModelMessage[];
  maxOutputTokens: number;
  /** Ask for one JSON object and nothing else, in the provider's JSON mode where it has one. */
  json?: boolean;
  /** What is asked for: names the call in logs and telemetry, and tells the OFFLINE model which part it plays. */
  task: ModelTask;
}

export interface ModelMessage {
  role: 'user' | 'assistant';
  content: string;
}

export interface ModelTask {
  /** e.g. `discussion.designs`, `agent.reporter`. */
  name: string;
  /** What the prompt was made from, as data. It stays in this process and is never sent to a provider. */
  metadata: Readonly<Record<string, unknown>>;
}

export type ModelStreamPart =
  /** Never empty, and fit to be stored: no half of a surrogate pair, no NUL. */
  | { type: 'text'; text: string }
  /** May come more than once, or never; a later value replaces an earlier one. */
  | { type: 'usage'; usage: ModelUsage }
  /** `length`: maxOutputTokens was reached. */
  | { type: 'end'; reason: 'stop' | 'length' };

/** As the provider bills them. */
export interface ModelUsage {
  /** All of the prompt, cached or not. */
  inputTokens: number;
  /** All that was generated, the model's thinking included. */
  outputTokens: number;
  /** The part of inputTokens that was read from the provider's cache, at a lower price. */
  cachedInputTokens?: number;
  /** The part of inputTokens that was written to the provider's cache, which some bill at a higher price. */
  cacheWriteTokens?: number;
}

export type ModelErrorCode =
  /** Too many requests, or out of quota for the moment. */
  | 'RATE_LIMITED'
  /** 5xx, no connection, a cut connection, or an answer that cannot be read. */
  | 'UNAVAILABLE'
  /** The stream ended without the provider's sign of completion. */
  | 'TRUNCATED'
  /** No byte for too long, or the whole call took too long. */
  | 'TIMEOUT'
  /** The key is wrong, may not use this model, or its account has run out of money. */
  | 'AUTH'
  /** The provider refused the request itself. */
  | 'BAD_REQUEST'
  /** The provider refused the content. */
  | 'REFUSED';

export class ModelError extends Error {
  readonly code: ModelErrorCode;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** What the provider asked for in Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ModelErrorCode,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ModelError';
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.retryAfterMs = options.retryAfterMs;
  }
}

const RETRYABLE: ReadonlySet<ModelErrorCode> = new Set([
  'RATE_LIMITED',
  'UNAVAILABLE',
  'TRUNCATED',
  'TIMEOUT',
]);
