import { storableText } from '../core/llm/storable-text.ts';
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
  if (typeof id !== 'string' || !ROW_ID.test(id)) throw noCursor();
  const isBackwards = (query.take ?? 0) < 0;
  return { ...page, where: { ...where, id: isBackwards ? { gt: id } : { lt: id } }, orderBy };
}

/** For a list that hangs on a row, whose cursor goes to Prisma. Errors: BAD_USER_INPUT for one that no list has given. */
export function checkCursor({ after, before }: PageArgs): void {
  for (const cursor of [after, before]) {
    const [, id] = /^GPC:S:(.*)$/s.exec(Buffer.from(cursor ?? '', 'base64').toString()) ?? [];
    if (cursor != null && !(id && ROW_ID.test(id))) throw noCursor();
  }
}

/** A condition on a text: that it holds `part`, in any case, and literally. */
export function containing(part: string) {
  const pattern = storableText(part).replace(/[\\%_]/g, '\\$&');
  return { contains: pattern, mode: 'insensitive' as const };
}

function noCursor(): AppError {
  return new AppError(
    'BAD_USER_INPUT',
    'This cursor is not of this list. Take one from its edges or its pageInfo.',
  );
}

const ROW_ID = /^[\w-]{1,64}$/;

interface PageQuery {
  cursor?: { id?: unknown };
  skip?: number;
  take?: number;
}

interface PageArgs {
  after?: string | null;
  before?: string | null;
}
