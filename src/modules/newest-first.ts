import { AppError } from '../errors.ts';

/**
 * Asks Prisma for a page of rows by their ids, newest first. Prisma itself begins a page at the row of its cursor, and
 * finds nothing once that row is gone; here the id alone is the place, whether its row is there, is somebody else's,
 * or never was. Errors: BAD_USER_INPUT for a cursor that no list has given.
 */
export function newestFirst<Query extends PageQuery, Where extends object>(query: Query, where: Where) {
  const { cursor, skip: _, ...page } = query;
  const orderBy = { id: 'desc' } as const;
  if (!cursor) return { ...page, where, orderBy };
  const { id } = cursor;
  if (typeof id !== 'string' || !ROW_ID.test(id)) {
    throw new AppError(
      'BAD_USER_INPUT',
      'This cursor is not of this list. Take one from its edges or its pageInfo.',
    );
  }
  const isBackwards = (query.take ?? 0) < 0;
  return { ...page, where: { ...where, id: isBackwards ? { gt: id } : { lt: id } }, orderBy };
}

const ROW_ID = /^[\w-]{1,64}$/;

interface PageQuery {
  cursor?: { id?: unknown };
  skip?: number;
  take?: number;
}
