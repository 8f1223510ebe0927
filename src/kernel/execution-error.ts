import { ModelError } from '../core/llm/language-model.ts';
import { AppError } from '../errors.ts';

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
  | 'APPROVAL_REJECTED'
  /** Nobody decided within the time limit. */
  | 'APPROVAL_EXPIRED'
  | 'TIMEOUT'
  /** The model returned no usable output. */
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

/** Describes for the user why a call to a model failed after `attempts` attempts. */
export function describeFailure(
  error: unknown,
  stepKey: string | null,
  attempts: number,
): ExecutionErrorData {
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  if (error instanceof AppError && error.code === 'BUDGET_EXCEEDED')
    return { code: 'BUDGET_EXCEEDED', message: error.message, stepKey };
  if (error instanceof EmptyOutputError) {
    const message = `The model returned an empty text (${tries}). Make the step's prompt more specific, or choose another model.`;
    return { code: 'INVALID_OUTPUT', message, stepKey };
  }
  if (error instanceof ModelError) {
    const code = error.code === 'TIMEOUT' ? 'TIMEOUT' : 'PROVIDER_ERROR';
    return { code, message: `The provider failed (${tries}): ${error.message}`, stepKey };
  }
  const message =
    'An internal error occurred. Start it again. If the error persists, report its time and the id.';
  return { code: 'INTERNAL', message, stepKey };
}
