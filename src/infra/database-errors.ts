import { isDriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { AppError, UnstorableError } from '../errors.ts';
import { Prisma } from '../generated/prisma/client.ts';

/**
 * Maps errors of an unreachable or overloaded database to SERVICE_UNAVAILABLE, and those of data that it refuses to
 * UnstorableError. Returns other errors unchanged.
 */
export function toDomainError(error: unknown): unknown {
  const state = sqlState(error);
  if (state?.startsWith(DATA_EXCEPTIONS)) return new UnstorableError(state, { cause: error });
  if (!isUnavailable(error)) return error;
  const message = 'The database is temporarily unavailable. Try again in a moment.';
  return new AppError('SERVICE_UNAVAILABLE', message, { cause: error });
}

/** Whether the transaction failed because of a concurrent one, so that a retry may succeed. */
export function isConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlState(error) ?? '');
}

function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return UNAVAILABLE_SQL_STATES.test(state);
  const kind = driverCause(error)?.kind;
  if (kind) return UNAVAILABLE_KINDS.has(kind);
  if (error instanceof Prisma.PrismaClientKnownRequestError) return UNAVAILABLE_PRISMA_CODES.has(error.code);
  return isSocketError(error) || isPlainError(error);
}

function sqlState(error: unknown): string | null {
  if (error instanceof pg.DatabaseError) return error.code ?? null;
  return driverCause(error)?.originalCode ?? null;
}

/** The error of the database or of the connection that Prisma has wrapped. */
function driverCause(error: unknown): { kind: string; originalCode?: string } | null {
  const isPrismas = error instanceof Prisma.PrismaClientKnownRequestError;
  const source = isPrismas ? error.meta?.['driverAdapterError'] : error;
  return source instanceof Error && isDriverAdapterError(source) ? source.cause : null;
}

const isSocketError = (error: unknown) =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';

/** pg throws a plain Error without a code when a connection ends, times out or cannot be acquired. */
const isPlainError = (error: unknown) =>
  error instanceof Error && Object.getPrototypeOf(error) === Error.prototype;

/** The class of SQLSTATE: no such character, number out of range, text too long. */
const DATA_EXCEPTIONS = '22';

/**
 * Connection lost, refused or timed out; too many connections; server starting or stopping; idle session terminated;
 * read-only; statement cancelled; lock not available in time.
 */
const UNAVAILABLE_SQL_STATES = /^(08|53|57P|57014|55P03|25006|25P0[34])/;

const UNAVAILABLE_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
]);

/** Timed out while waiting for a connection or for the start of a transaction. */
const UNAVAILABLE_PRISMA_CODES = new Set(['P2024', 'P2028']);
