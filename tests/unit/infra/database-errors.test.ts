import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.ts';
import { Prisma } from '../../../src/generated/prisma/client.ts';
import { isConflict, toDomainError } from '../../../src/infra/database-errors.ts';

const database = (code: string) => Object.assign(new pg.DatabaseError('', 0, 'error'), { code });
const prisma = (code: string, meta?: Record<string, unknown>) =>
  new Prisma.PrismaClientKnownRequestError('', { code, meta, clientVersion: '' });
const below = (code: string, cause: ConstructorParameters<typeof DriverAdapterError>[0]) =>
  prisma(code, { driverAdapterError: new DriverAdapterError(cause) });
const socket = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' });

describe('toDomainError', () => {
  it.each([
    ['a server that is going down', database('57P01')],
    ['a server with too many connections', database('53300')],
    ['a refused connection', socket],
    ['a connection that ended', new Error('Connection terminated unexpectedly')],
    ['a closed connection below Prisma', below('P1017', { kind: 'ConnectionClosed' })],
    ['a server that is coming up, below Prisma', below('P2039', { ...postgres('57P03') })],
    ['a broken BEGIN or COMMIT', new DriverAdapterError(postgres('57P01'))],
    ['no transaction to be had in time', prisma('P2028', {})],
  ])('returns SERVICE_UNAVAILABLE for %s', (_what, error) => {
    expect(toDomainError(error)).toMatchObject({ code: 'SERVICE_UNAVAILABLE', cause: error });
  });

  it.each([
    ['a violated constraint', database('23505')],
    ['a record that is not there', prisma('P2025')],
    [
      'a violated constraint below Prisma',
      below('P2002', { kind: 'UniqueConstraintViolation', originalCode: '23505' }),
    ],
    ['an error of the domain', new AppError('CONFLICT', 'no')],
    ['a mistake of ours', new TypeError('x is not a function')],
    ['what is no error', undefined],
  ])('returns %s unchanged', (_what, error) => {
    expect(toDomainError(error)).toBe(error);
  });
});

describe('isConflict', () => {
  it('is true for deadlocks and serialization failures from any layer', () => {
    expect(isConflict(database('40P01'))).toBe(true);
    expect(isConflict(below('P2034', { kind: 'TransactionWriteConflict', originalCode: '40001' }))).toBe(
      true,
    );
    expect(isConflict(database('23505'))).toBe(false);
  });
});

function postgres(code: string) {
  const rest = { severity: 'FATAL', message: '', detail: undefined, column: undefined, hint: undefined };
  return { kind: 'postgres' as const, code, originalCode: code, ...rest };
}
