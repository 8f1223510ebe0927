import { AppError } from '../errors.ts';

/** The memory that a process spends on answers it is making or sending, in all and for one caller. */
export class AnswerBudget {
  readonly #limits: AnswerLimits;
  readonly #usedBy = new Map<string, number>();
  #used = 0;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** Bytes of all open answers, without the share that each has for nothing. */
  get used(): number {
    return this.#used;
  }

  /** Starts to count an answer for a caller. Close it when it has been sent. */
  open(maxBytes: number, caller: string): AnswerSize {
    return new AnswerSize(maxBytes, caller, this);
  }

  /** Returns whether there is room. */
  take(bytes: number, caller: string): boolean {
    const { maxBytes, maxBytesOfCaller } = this.#limits;
    const ofCaller = (this.#usedBy.get(caller) ?? 0) + bytes;
    if (this.#used + bytes > maxBytes || ofCaller > maxBytesOfCaller) return false;
    this.#used += bytes;
    this.#usedBy.set(caller, ofCaller);
    return true;
  }

  giveBack(bytes: number, caller: string): void {
    const ofCaller = (this.#usedBy.get(caller) ?? 0) - bytes;
    this.#used -= bytes;
    if (ofCaller > 0) this.#usedBy.set(caller, ofCaller);
    else this.#usedBy.delete(caller);
  }
}

/**
 * Counts the bytes of one answer while its fields are resolved, so that an answer that is too large stops before it
 * exists.
 */
export class AnswerSize {
  /** Whose share of the budget it takes: a user, or the address of a client that has not signed in. */
  caller: string;
  readonly #maxBytes: number;
  readonly #budget: AnswerBudget;
  #bytes = 0;
  #taken = 0;
  #isClosed = false;
  #problem: AppError | null = null;

  constructor(maxBytes: number, caller: string, budget: AnswerBudget) {
    this.#maxBytes = maxBytes;
    this.caller = caller;
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
    if (!this.#budget.take(missing, this.caller)) this.#fail(new AppError('SERVICE_UNAVAILABLE', BUSY));
    this.#taken += missing;
  }

  /** Counts the next message of the same stream. */
  next(maxBytes: number): AnswerSize {
    return this.#budget.open(maxBytes, this.caller);
  }

  /** The answer is sent, or nobody waits for it. */
  close(): void {
    this.#isClosed = true;
    this.#budget.giveBack(this.#taken, this.caller);
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

const BUSY =
  'Too many large answers are being sent, to you or in all. Read those that you asked for, or try again in some seconds.';

interface AnswerLimits {
  maxBytes: number;
  maxBytesOfCaller: number;
}
