import pg from 'pg';
import { AppError } from '../errors.ts';
import { Prisma } from '../generated/prisma/client.ts';

/** SERVICE_UNAVAILABLE for what only says that the database is away or overloaded; anything else as it is. */
export function translate(error: unknown): unknown {
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
  return prismaCode(error) === 'P2034' || ['40001', '40P01'].includes(sqlState(error) ?? '');
}

function isAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return AWAY_SQL_STATES.test(state);
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  const code = prismaCode(error);
  if (code !== null) return AWAY_PRISMA_CODES.has(code);
  return isSocketError(error) || isPlainError(error);
}

function sqlState(error: unknown): string | null {
  if (error instanceof pg.DatabaseError) return error.code ?? null;
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return null;
  const adapterError = error.meta?.['driverAdapterError'] as
    | { cause?: { originalCode?: string } }
    | undefined;
  return adapterError?.cause?.originalCode ?? null;
}

const prismaCode = (error: unknown) =>
  error instanceof Prisma.PrismaClientKnownRequestError ? error.code : null;

const isSocketError = (error: unknown) =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';

/** pg says with a bare Error, without a code, that a connection ended, timed out or could not be had. */
const isPlainError = (error: unknown) =>
  error instanceof Error && Object.getPrototypeOf(error) === Error.prototype;

/** Connection lost, refused or out of time; too many of them; the server is going down or coming up; a stalled session ended. */
const AWAY_SQL_STATES = /^(08|53|57P|25P0[34])/;

/** Not reachable, out of time, closed; no connection to be had; no transaction to be had; too many connections. */
const AWAY_PRISMA_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);
