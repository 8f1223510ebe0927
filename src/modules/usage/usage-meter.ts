import {
  ModelError,
  type ModelErrorCode,
  type ModelStreamPart,
  type ModelRequest,
  type ModelUsage,
} from '../../core/llm/language-model.ts';
import { estimateInputTokens, estimateTokens } from '../../core/llm/tokens.ts';

/**
 * Watches one call and says what it used: what its provider reported, once the stream is complete; else at least
 * what was reported and what arrived, marked as an estimate.
 */
export class UsageMeter {
  readonly #request: ModelRequest;
  #sent = false;
  #reported: ModelUsage | undefined;
  #complete = false;
  #failure: unknown;
  #outputTokens = 0;
  /** What has arrived and is not counted yet. */
  #tail = '';

  constructor(request: ModelRequest) {
    this.#request = request;
  }

  /** The request is about to be sent. */
  start(): void {
    this.#sent = true;
  }

  see(part: ModelStreamPart): void {
    if (part.type === 'usage') this.#reported = part.usage;
    if (part.type === 'end') this.#complete = true;
    if (part.type === 'text') this.#count(part.text);
  }

  fail(error: unknown): void {
    this.#failure = error;
  }

  /** The provider sends more than it was asked for, by its own count or by an estimate beyond doubt. */
  get isOverrun(): boolean {
    const { maxOutputTokens } = this.#request;
    const reported = this.#reported?.outputTokens ?? 0;
    return reported > maxOutputTokens || this.#outputTokens > maxOutputTokens * BEYOND_DOUBT;
  }

  /** Null when the provider bills nothing: it never got the request, or refused it before it began. */
  read(): MeterReading | null {
    const reported = this.#reported;
    if (reported && this.#complete && !this.isOverrun) return { usage: reported, estimated: false };
    if (!this.#sent || this.#wasTurnedAway()) return null;
    const arrived = this.#outputTokens + estimateTokens(this.#tail);
    const allowed = this.isOverrun ? arrived : Math.min(arrived, this.#request.maxOutputTokens);
    const usage = {
      ...reported,
      inputTokens: reported?.inputTokens ?? estimateInputTokens(this.#request),
      outputTokens: Math.max(reported?.outputTokens ?? 0, allowed),
    };
    return { usage, estimated: true };
  }

  #wasTurnedAway(): boolean {
    const arrived = this.#reported !== undefined || this.#outputTokens > 0 || this.#tail !== '';
    return !arrived && this.#failure instanceof ModelError && TURNED_AWAY.has(this.#failure.code);
  }

  /** In stretches: part by part would count a token twice wherever a part ends within one. */
  #count(text: string): void {
    this.#tail += text;
    if (this.#tail.length < STRETCH_CHARS) return;
    this.#outputTokens += estimateTokens(this.#tail);
    this.#tail = '';
  }
}

/** How a call fails of which nothing arrived, and which nobody bills: not accepted, or no connection. */
const TURNED_AWAY: ReadonlySet<ModelErrorCode> = new Set([
  'AUTH',
  'BAD_REQUEST',
  'RATE_LIMITED',
  'UNAVAILABLE',
]);

const STRETCH_CHARS = 64;
/** An honest text is estimated at up to 1.2 times its tokens; counting in stretches adds a little. */
const BEYOND_DOUBT = 1.5;

export interface MeterReading {
  usage: ModelUsage;
  estimated: boolean;
}
