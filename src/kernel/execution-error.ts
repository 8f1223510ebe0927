import { ModelError } from '../core/llm/language-model.ts';
import { AppError } from '../errors.ts';

/** Why a run or a reply FAILED. The list of codes is closed; the message says what to do. */
export interface ExecutionErrorData {
  code: ExecutionErrorCode;
  message: string;
  stepKey: string | null;
}

export type ExecutionErrorCode =
  /** A provider failed for good, or too often. */
  | 'PROVIDER_ERROR'
  | 'BUDGET_EXCEEDED'
  | 'APPROVAL_REJECTED'
  /** Not decided in time. */
  | 'APPROVAL_EXPIRED'
  | 'TIMEOUT'
  /** The model gave nothing usable. */
  | 'INVALID_OUTPUT'
  /** A fault of ours. */
  | 'INTERNAL';

/** The model answered, but with nothing that can be used. */
export class EmptyOutputError extends Error {
  constructor() {
    super('the model returned an empty text');
    this.name = 'EmptyOutputError';
  }
}

/** What a person should know about a failed call to a model, after `attempts` of them. */
export function describeFailure(
  error: unknown,
  stepKey: string | null,
  attempts: number,
): ExecutionErrorData {
  const tries = attempts === 1 ? 'once' : `${attempts} times`;
  if (error instanceof AppError && error.code === 'BUDGET_EXCEEDED')
    return { code: 'BUDGET_EXCEEDED', message: error.message, stepKey };
  if (error instanceof EmptyOutputError) {
    const message = `The model was asked ${tries} and wrote nothing. Make the step's prompt more specific, or choose another model.`;
    return { code: 'INVALID_OUTPUT', message, stepKey };
  }
  if (error instanceof ModelError) {
    const code = error.code === 'TIMEOUT' ? 'TIMEOUT' : 'PROVIDER_ERROR';
    return { code, message: `The provider was asked ${tries}: ${error.message}`, stepKey };
  }
  const message =
    'Something went wrong on our side. Start it again; if it fails again, report the time and the id.';
  return { code: 'INTERNAL', message, stepKey };
}
