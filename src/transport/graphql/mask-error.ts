import { PothosValidationError } from '@pothos/core';
import { GraphQLError } from 'graphql';
import { AppError, RateLimitedError, UnauthenticatedError, ValidationError } from '../../errors.ts';
import type { Logger } from '../../infra/logger.ts';
import { headersOf, httpStatusOf } from '../error-status.ts';

/**
 * Converts an error into what a client may see. An error that the client caused keeps its message and has a code. Any
 * other error is internal: it is logged here, once, and masked, with the request id as the only detail.
 */
export function maskError(error: unknown, { requestId, logger }: RequestTrace): GraphQLError {
  const cause = rootCause(error);
  if (cause instanceof AppError) return replaced(error, cause.message, extensionsOf(cause));
  if (isAboutTheRequest(error, cause)) {
    return replaced(error, isLocated(error) ? cause.message : withoutValue(error as GraphQLError), {
      code: 'BAD_USER_INPUT',
      http: { status: 400 },
      ...cause.extensions,
    });
  }
  // An abort means that the client has disconnected: this is not an error of the server.
  if (!isAbort(cause)) logger.error({ err: cause, requestId }, 'unhandled error in GraphQL operation');
  return replaced(error, 'Internal server error. If it happens again, report the requestId.', {
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
    ...(error instanceof UnauthenticatedError && { reason: error.reason }),
    ...(error instanceof RateLimitedError && { retryAfter: error.retryAfterSeconds }),
    ...(status && { http: { status, headers: headersOf(error) } }),
  };
}

/** graphql-js wraps the errors of resolvers to add their location. */
function rootCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? rootCause(error.originalError) : error;
}

/** Whether the library reports a problem with the document, its variables or a page argument, not a bug in a resolver. */
function isAboutTheRequest(error: unknown, cause: unknown): cause is GraphQLError {
  if (!(cause instanceof GraphQLError)) return false;
  return (
    !isLocated(error) || cause instanceof PothosValidationError || cause.extensions['code'] !== undefined
  );
}

/** Whether a resolver threw it. */
function isLocated(error: unknown): boolean {
  return error instanceof GraphQLError && error.path !== undefined;
}

/**
 * graphql-js wraps the error of a variable to name the variable and the path of the value. It also quotes the whole
 * value, which may hold a password: only its text has the name and the path, so they are read from there.
 */
function withoutValue({ message, originalError }: GraphQLError): string {
  const [, variable] = /^Variable "(\$\w+)" got invalid value /.exec(message) ?? [];
  if (!variable || !originalError) return message;
  const problem = originalError.message;
  const [, path] = / at "([\w.[\]]+)"$/.exec(message.slice(0, -`; ${problem}`.length)) ?? [];
  return `Variable "${variable}" is invalid${path ? ` at "${path}"` : ''}: ${problem}`;
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
  /** Absent for an error that occurred before the request had an id. */
  requestId?: string;
  logger: Pick<Logger, 'error'>;
}
