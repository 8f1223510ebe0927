import { ModelError } from '../core/llm/language-model.ts';
import { AppError, UnstorableError } from '../errors.ts';

/** The error of a FAILED run or reply. The set of codes is closed; the message says what to do. */
export interface ExecutionErrorData {
  code: ExecutionErrorCode;
  message: string;
  stepKey: string | null;
}

export type ExecutionErrorCode =
  /** The provider failed permanently, or on every attempt. */
  | 'PROVIDER_ERROR'
  | 'BUDGET_EXCEEDED'
  /** The owner has lost the permission meanwhile. */
  | 'FORBIDDEN'
  | 'APPROVAL_REJECTED'
  /** Nobody decided within the time limit. */
  | 'APPROVAL_EXPIRED'
  | 'TIMEOUT'
  /** The model returned no usable output, or one that cannot be stored. */
  | 'INVALID_OUTPUT'
  /** An error in this service. */
  | 'INTERNAL';

/** The model returned an empty text. */
export class EmptyOutputError extends Error {
  constructor() {
    super('the model returned an empty text');
    this.name = 'EmptyOutputError';
  }
}

/** Describes for the user why a run or reply failed after `attempts` attempts at a call to a model, and what to do. */
export function describeFailure(
  error: unknown,
  stepKey: string | null,
  attempts: number,
): ExecutionErrorData {
  const code = codeOf(error);
  const cause = describeAttempt(error, attempts);
  if (advisesItself(error)) return { code, message: cause, stepKey };
  const isStep = stepKey !== null;
  const advice = isFutile(error)
    ? (isStep ? FUTILE_STEP_ADVICE : FUTILE_REPLY_ADVICE)[error.code]
    : (isStep ? STEP_ADVICE : REPLY_ADVICE)[code];
  return { code, message: advice ? `${cause} ${advice}` : cause, stepKey };
}

/** Describes for the user why an attempt failed; the next one may succeed. */
export function describeAttempt(error: unknown, attempts: number): string {
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  if (isRefusal(error)) return error.message;
  if (error instanceof EmptyOutputError) return `The model returned an empty text (${tries}).`;
  if (error instanceof UnstorableError)
    return `The result cannot be stored: ${error.message}. The provider may have sent a value that makes no sense.`;
  if (advisesItself(error)) return error.message;
  if (error instanceof ModelError) return `The provider failed (${tries}): ${error.message}`;
  return 'An internal error occurred.';
}

/** Says itself what to do. */
function isRefusal(error: unknown): error is AppError & { code: (typeof REFUSALS)[number] } {
  return error instanceof AppError && (REFUSALS as readonly string[]).includes(error.code);
}

const REFUSALS = ['BUDGET_EXCEEDED', 'FORBIDDEN'] as const;

function codeOf(error: unknown): ExecutionErrorCode {
  if (isRefusal(error)) return error.code;
  if (error instanceof EmptyOutputError || error instanceof UnstorableError || advisesItself(error))
    return 'INVALID_OUTPUT';
  if (error instanceof ModelError) return error.code === 'TIMEOUT' ? 'TIMEOUT' : 'PROVIDER_ERROR';
  return 'INTERNAL';
}

/** The model wrote no text, for a reason that the message names, with its advice. */
function advisesItself(error: unknown): error is ModelError {
  return error instanceof ModelError && (error.code === 'OUTPUT_LIMIT' || error.code === 'TOOL_CALL');
}

/** Whether the same request fails until somebody does what the message says. */
function isFutile(error: unknown): error is ModelError & { code: keyof typeof FUTILE_STEP_ADVICE } {
  return error instanceof ModelError && error.code in FUTILE_STEP_ADVICE;
}

const STEP_ADVICE: Advice = {
  INVALID_OUTPUT: "Make the step's prompt more specific, or choose another model.",
  PROVIDER_ERROR: 'Start the run again later, or choose another model for the step.',
  TIMEOUT: 'Start the run again later, or choose another model for the step.',
  INTERNAL: 'Start it again. If the error persists, report its time and the id.',
};

const REPLY_ADVICE: Advice = {
  INVALID_OUTPUT: 'Send the message again, or rephrase it.',
  PROVIDER_ERROR: 'Send the message again later; if it fails again, tell the operator.',
  TIMEOUT: 'Send the message again later.',
  INTERNAL: 'Send the message again. If the error persists, report its time and the id.',
};

const FUTILE_STEP_ADVICE = {
  AUTH: 'Until then the run fails again; another model for the step may help.',
  BAD_REQUEST: 'Until then the run fails again; another model for the step may help.',
  REFUSED: "Change the input or the step's prompt, or choose another model for the step.",
};

const FUTILE_REPLY_ADVICE: typeof FUTILE_STEP_ADVICE = {
  AUTH: 'Until then every message fails: tell the operator.',
  BAD_REQUEST: 'Until then every message fails: tell the operator.',
  REFUSED: 'The same words will be refused again.',
};

type Advice = Partial<Record<ExecutionErrorCode, string>>;
