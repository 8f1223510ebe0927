import {
  ModelError,
  type ModelErrorCode,
  type ModelStreamPart,
  type ModelRequest,
  type ModelUsage,
} from '../../core/llm/language-model.ts';
import { outputLimit } from '../../core/llm/request.ts';
import { estimateInputTokens, estimateTokens } from '../../core/llm/tokens.ts';

/**
 * Measures the tokens of one call: the usage that the provider reported, if the stream is complete; else an estimate
 * from what was reported and what arrived.
 */
export class UsageMeter {
  readonly #request: ModelRequest;
  #sent = false;
  #reported: ModelUsage | undefined;
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
    if (part.type === 'usage') this.#reported = part.usage;
    if (part.type === 'end') this.#complete = true;
    if (part.type === 'text' || part.type === 'thinking') this.#count(part.text);
  }

  fail(error: unknown): void {
    this.#failure = error;
  }

  /** Whether the answer exceeds its limit, by the provider's count or clearly by the estimate. */
  get isOverrun(): boolean {
    const limit = outputLimit(this.#request);
    const reported = this.#reported?.outputTokens ?? 0;
    return reported > limit || this.#outputTokens > limit * OVERRUN_FACTOR;
  }

  /** Null when the provider bills nothing: the request was never sent, or was refused before any output. */
  read(): MeterReading | null {
    const reported = this.#reported;
    if (reported && this.#complete && !this.isOverrun) return { usage: reported, estimated: false };
    if (!this.#sent || this.#wasRefused()) return null;
    const arrived = this.#outputTokens + estimateTokens(this.#tail);
    const allowed = this.isOverrun ? arrived : Math.min(arrived, outputLimit(this.#request));
    const usage = {
      ...reported,
      inputTokens: reported?.inputTokens ?? estimateInputTokens(this.#request),
      outputTokens: Math.max(reported?.outputTokens ?? 0, allowed),
    };
    return { usage, estimated: true };
  }

  #wasRefused(): boolean {
    const arrived = this.#reported !== undefined || this.#outputTokens > 0 || this.#tail !== '';
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

export interface MeterReading {
  usage: ModelUsage;
  estimated: boolean;
}
