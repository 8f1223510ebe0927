import { isDriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { AppError } from '../errors.ts';
import { Prisma } from '../generated/prisma/client.ts';

/** SERVICE_UNAVAILABLE for what only says that the database is away or overloaded; anything else as it is. */
export function toAppError(error: unknown): unknown {
  if (!isAway(error)) return error;
  return new AppError(
    'SERVICE_UNAVAILABLE',
    'The database cannot be reached just now. Try again in a moment.',
    {
      cause: error,
    },
  );
}

/** True when the transaction lost against another one, and may win when it is tried again. */
export function isConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlState(error) ?? '');
}

function isAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return AWAY_SQL_STATES.test(state);
  const kind = driverCause(error)?.kind;
  if (kind) return AWAY_KINDS.has(kind);
  if (error instanceof Prisma.PrismaClientKnownRequestError) return AWAY_PRISMA_CODES.has(error.code);
  return isSocketError(error) || isPlainError(error);
}

function sqlState(error: unknown): string | null {
  if (error instanceof pg.DatabaseError) return error.code ?? null;
  return driverCause(error)?.originalCode ?? null;
}

/** What the database or the connection said, below Prisma's own error. */
function driverCause(error: unknown): { kind: string; originalCode?: string } | null {
  const isPrismas = error instanceof Prisma.PrismaClientKnownRequestError;
  const source = isPrismas ? error.meta?.['driverAdapterError'] : error;
  return source instanceof Error && isDriverAdapterError(source) ? source.cause : null;
}

const isSocketError = (error: unknown) =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';

/** pg says with a bare Error, without a code, that a connection ended, timed out or could not be had. */
const isPlainError = (error: unknown) =>
  error instanceof Error && Object.getPrototypeOf(error) === Error.prototype;

/** Connection lost, refused or out of time; too many of them; the server is going down or coming up; a stalled session ended. */
const AWAY_SQL_STATES = /^(08|53|57P|25P0[34])/;

const AWAY_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
]);

/** No connection, and no transaction, to be had in time. */
const AWAY_PRISMA_CODES = new Set(['P2024', 'P2028']);
