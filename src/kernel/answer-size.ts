import { AppError } from '../errors.ts';

/** The memory that a process spends on answers it is making or sending. */
export class AnswerBudget {
  readonly #maxBytes: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of all open answers, without the share that each has for nothing. */
  get used(): number {
    return this.#used;
  }

  /** Starts to count an answer. Close it when it has been sent. */
  open(maxBytes: number): AnswerSize {
    return new AnswerSize(maxBytes, this);
  }

  /** Returns whether there is room. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/**
 * Counts the bytes of one answer while its fields are resolved, so that an answer that is too large stops before it
 * exists. Texts count as they are stored: escapes of JSON are not included.
 */
export class AnswerSize {
  readonly #maxBytes: number;
  readonly #budget: AnswerBudget;
  #bytes = 0;
  #taken = 0;
  #isClosed = false;
  #problem: AppError | null = null;

  constructor(maxBytes: number, budget: AnswerBudget) {
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  /** Why the answer must not be sent. */
  get problem(): AppError | null {
    return this.#problem;
  }

  /** Errors: RESPONSE_TOO_LARGE, SERVICE_UNAVAILABLE; the same again on each later call. */
  add(bytes: number): void {
    if (this.#problem) throw this.#problem;
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.#fail(tooLarge(this.#maxBytes));
    if (this.#isClosed) return;
    const missing = this.#bytes - FREE_BYTES - this.#taken;
    if (missing <= 0) return;
    if (!this.#budget.take(missing)) this.#fail(new AppError('SERVICE_UNAVAILABLE', BUSY));
    this.#taken += missing;
  }

  /** Counts the next message of the same stream. */
  next(maxBytes: number): AnswerSize {
    return this.#budget.open(maxBytes);
  }

  /** The answer is sent, or nobody waits for it. */
  close(): void {
    this.#isClosed = true;
    this.#budget.giveBack(this.#taken);
    this.#taken = 0;
  }

  #fail(problem: AppError): never {
    this.#problem = problem;
    throw problem;
  }
}

/** Small answers are sent even while large ones use up the budget. */
const FREE_BYTES = 64 * 1024;

function tooLarge(maxBytes: number): AppError {
  return new AppError(
    'RESPONSE_TOO_LARGE',
    `The answer is larger than ${maxBytes} bytes. Select fewer texts, or smaller pages. What a mutation has done stays done.`,
  );
}

const BUSY = 'The server is sending too many large answers. Try again in some seconds.';
