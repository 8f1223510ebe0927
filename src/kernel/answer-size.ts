import { AppError } from '../errors.ts';

/** The memory that a process spends on answers it is making or sending, in all and for one user. */
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

  /** Starts to count an answer. Close it when it has been sent. */
  open(maxBytes: number): AnswerSize {
    return new AnswerSize(maxBytes, this);
  }

  /** Returns whether there is room. */
  take(bytes: number, userId: string): boolean {
    const { maxBytes, maxBytesOfUser } = this.#limits;
    const ofUser = (this.#usedBy.get(userId) ?? 0) + bytes;
    if (this.#used + bytes > maxBytes || ofUser > maxBytesOfUser) return false;
    this.#used += bytes;
    this.#usedBy.set(userId, ofUser);
    return true;
  }

  giveBack(bytes: number, userId: string): void {
    const ofUser = (this.#usedBy.get(userId) ?? 0) - bytes;
    this.#used -= bytes;
    if (ofUser > 0) this.#usedBy.set(userId, ofUser);
    else this.#usedBy.delete(userId);
  }
}

/**
 * Counts the bytes of one answer while its fields are resolved, so that an answer that is too large stops before it
 * exists.
 */
export class AnswerSize {
  /** Whose share of the budget it takes. */
  userId = NOBODY;
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
    if (!this.#budget.take(missing, this.userId)) this.#fail(new AppError('SERVICE_UNAVAILABLE', BUSY));
    this.#taken += missing;
  }

  /** Counts the next message of the same stream. */
  next(maxBytes: number): AnswerSize {
    const next = this.#budget.open(maxBytes);
    next.userId = this.userId;
    return next;
  }

  /** The answer is sent, or nobody waits for it. */
  close(): void {
    this.#isClosed = true;
    this.#budget.giveBack(this.#taken, this.userId);
    this.#taken = 0;
  }

  #fail(problem: AppError): never {
    this.#problem = problem;
    throw problem;
  }
}

/** All callers without a user share what one has. */
const NOBODY = '';

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
  maxBytesOfUser: number;
}
