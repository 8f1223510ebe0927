import {
  ModelError,
  type ModelErrorCode,
  type ModelStreamPart,
  type ModelRequest,
  type ModelUsage,
} from '../../core/llm/language-model.ts';
import { outputLimit } from '../../core/llm/request.ts';
import { estimateInputTokens, estimateTokens, worstCaseInputTokens } from '../../core/llm/tokens.ts';

/**
 * Measures the tokens of one call. What the provider told counts if the stream is complete and the counts are possible;
 * what it did not tell is estimated from what was sent and what arrived. Nothing above the reservation counts: neither
 * more input than the prompt can have nor more output than was allowed.
 */
export class UsageMeter {
  readonly #request: ModelRequest;
  #sent = false;
  #told: ModelUsage | undefined;
  #complete = false;
  #failure: unknown;
  #outputTokens = 0;
  /** Text that has arrived but is not counted yet. */
  #tail = '';

  constructor(request: ModelRequest) {
    this.#request = request;
  }

  /** Call it just before the request is sent. */
  start(): void {
    this.#sent = true;
  }

  observe(part: ModelStreamPart): void {
    if (part.type === 'usage') this.#told = largerOf(this.#told, part.usage);
    if (part.type === 'end') this.#complete = true;
    if (part.type === 'text' || part.type === 'thinking') this.#count(part.text);
  }

  fail(error: unknown): void {
    this.#failure = error;
  }

  /** Whether the answer exceeds its limit, by the provider's count or clearly by the estimate. */
  get isOverrun(): boolean {
    const limit = outputLimit(this.#request);
    return (this.#told?.outputTokens ?? 0) > limit || this.#outputTokens > limit * OVERRUN_FACTOR;
  }

  /** Null when the provider bills nothing: the request was never sent, or was refused before any output. */
  read(): MeterReading | null {
    if (!this.#sent || this.#wasRefused()) return null;
    const { cachedInputTokens = 0, cacheWriteTokens = 0, ...told } = this.#told ?? NOTHING_TOLD;
    const inputTokens = Math.min(
      told.inputTokens === 0 ? estimateInputTokens(this.#request) : told.inputTokens,
      worstCaseInputTokens(this.#request),
    );
    const output = this.#output();
    const outputTokens = Math.min(output.tokens, outputLimit(this.#request));
    const cached = Math.min(cachedInputTokens, inputTokens);
    const written = Math.min(cacheWriteTokens, inputTokens - cached);
    const ofCache = {
      ...(cached > 0 ? { cachedInputTokens: cached } : {}),
      ...(written > 0 ? { cacheWriteTokens: written } : {}),
    };
    return {
      usage: { inputTokens, outputTokens, ...ofCache },
      full: {
        inputTokens: Math.max(told.inputTokens, inputTokens),
        outputTokens: Math.max(told.outputTokens, this.isOverrun ? output.tokens : outputTokens),
        ...ofCache,
      },
      estimated: told.inputTokens === 0 || output.estimated,
    };
  }

  /** The larger of what was told and what arrived, unless the told count of a whole answer is believable. */
  #output(): { tokens: number; estimated: boolean } {
    const told = this.#told?.outputTokens ?? 0;
    const arrived = this.#outputTokens + estimateTokens(this.#tail);
    if (this.#complete && told > 0 && arrived <= told * FEWER_TOKENS_FACTOR + FEW_TOKENS)
      return { tokens: told, estimated: false };
    return { tokens: Math.max(told, arrived), estimated: true };
  }

  #wasRefused(): boolean {
    const arrived = this.#told !== undefined || this.#outputTokens > 0 || this.#tail !== '';
    return !arrived && this.#failure instanceof ModelError && REFUSAL_CODES.has(this.#failure.code);
  }

  /** Counts in stretches of text: counting part by part would count a token twice when it spans two parts. */
  #count(text: string): void {
    this.#tail += text;
    if (this.#tail.length < STRETCH_CHARS) return;
    this.#outputTokens += estimateTokens(this.#tail);
    this.#tail = '';
  }
}

/** Providers tell their counts as they grow, some again at the end, some with zeros there. */
function largerOf(before: ModelUsage | undefined, now: ModelUsage): ModelUsage {
  return {
    inputTokens: larger(before?.inputTokens, now.inputTokens),
    outputTokens: larger(before?.outputTokens, now.outputTokens),
    cachedInputTokens: larger(before?.cachedInputTokens, now.cachedInputTokens),
    cacheWriteTokens: larger(before?.cacheWriteTokens, now.cacheWriteTokens),
  };
}

function larger(before = 0, now = 0): number {
  return Math.max(before, countOf(now));
}

/** A number of tokens whatever was told: negative numbers, fractions and NaN are none, and what is too large is the most. */
function countOf(told: number): number {
  return told > 0 ? Math.min(Math.floor(told), MAX_TOKENS) : 0;
}

const NOTHING_TOLD: ModelUsage = { inputTokens: 0, outputTokens: 0 };
/** More than any model can read or write, and safe in every column and sum. */
const MAX_TOKENS = 2 ** 31 - 1;

/** Errors before any output for which providers do not bill: the request was refused, or there was no connection. */
const REFUSAL_CODES: ReadonlySet<ModelErrorCode> = new Set([
  'AUTH',
  'BAD_REQUEST',
  'RATE_LIMITED',
  'UNAVAILABLE',
]);

const STRETCH_CHARS = 64;
/** The estimate of a normal text is up to 1.2 times its tokens; counting in stretches adds a little. */
const OVERRUN_FACTOR = 1.5;
/** No tokenizer makes fewer tokens of a text than this part of the estimate, but for the rounding of a few. */
const FEWER_TOKENS_FACTOR = 4;
const FEW_TOKENS = 16;

export interface MeterReading {
  /** What counts. Never more than the request allowed. */
  usage: ModelUsage;
  /** The same without that bound: what the provider told, and what arrived. */
  full: ModelUsage;
  /** Whether the provider did not tell a part of it, or told a count that what arrived contradicts. */
  estimated: boolean;
}
