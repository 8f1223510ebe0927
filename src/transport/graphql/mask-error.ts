import { PothosValidationError } from '@pothos/core';
import { GraphQLError } from 'graphql';
import { AppError, ValidationError } from '../../errors.ts';
import type { Logger } from '../../infra/logger.ts';
import { httpStatusOf } from '../error-status.ts';

/**
 * What a client may know of an error. One that the client caused keeps its message and has a code. Anything else
 * is a fault of ours: logged here, once, and masked, with the request id as the only detail.
 */
export function maskError(error: unknown, { requestId, logger }: RequestTrace): GraphQLError {
  const cause = rootCause(error);
  if (cause instanceof AppError) return replaced(error, cause.message, extensionsOf(cause));
  if (isAboutTheRequest(error, cause)) {
    return replaced(error, cause.message, {
      code: 'BAD_USER_INPUT',
      http: { status: 400 },
      ...cause.extensions,
    });
  }
  // Whoever has left does not wait for an answer.
  if (!isAbort(cause)) logger.error({ err: cause, requestId }, 'a request failed');
  return replaced(error, 'Something went wrong on our side. Tell us the requestId, if it happens again.', {
    code: 'INTERNAL_SERVER_ERROR',
    requestId,
    unexpected: true,
    http: { status: 500 },
  });
}

function extensionsOf(error: AppError): Record<string, unknown> {
  const status = httpStatusOf(error.code);
  return {
    code: error.code === 'VALIDATION' ? 'BAD_USER_INPUT' : error.code,
    ...(error instanceof ValidationError && { issues: error.issues }),
    ...(status && { http: { status } }),
  };
}

/** graphql-js wraps what a resolver throws, to say where it was thrown. */
function rootCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? rootCause(error.originalError) : error;
}

/** Said by the server about the document, the variables or the page that was asked for; not by a resolver's bug. */
function isAboutTheRequest(error: unknown, cause: unknown): cause is GraphQLError {
  if (!(cause instanceof GraphQLError)) return false;
  const isLocated = error instanceof GraphQLError && error.path !== undefined;
  return !isLocated || cause instanceof PothosValidationError || cause.extensions['code'] !== undefined;
}

function isAbort(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'AbortError';
}

function replaced(error: unknown, message: string, extensions: Record<string, unknown>): GraphQLError {
  const { nodes, source, positions, path } =
    error instanceof GraphQLError ? error : new GraphQLError(message);
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

export interface RequestTrace {
  /** Absent for a fault that came before the request had one. */
  requestId?: string;
  logger: Pick<Logger, 'error'>;
}
