import { storableText } from '../core/text/storable-text.ts';
import { AppError } from '../errors.ts';

/**
 * Asks Prisma for a page of rows by their ids, newest first. Prisma itself begins a page at the row of its cursor, and
 * finds nothing once that row is gone; here the id alone is the place, whether its row is there, is somebody else's,
 * or never was. Errors: BAD_USER_INPUT for a cursor that no list has given.
 */
export function newestFirst<Query extends PageQuery, Where extends object>(query: Query, where: Where) {
  const { cursor: _cursor, skip: _skip, ...page } = query;
  const { take, cursor } = pageIn(query);
  const behind = take < 0 ? { gt: cursor } : { lt: cursor };
  return { ...page, where: cursor ? { ...where, id: behind } : where, orderBy: { id: 'desc' as const } };
}

/** How much is asked for, below zero from the end, and from where. Errors: BAD_USER_INPUT, as above. */
export function pageIn({ take, cursor }: PageQuery): { take: number; cursor: string | undefined } {
  if (!cursor) return { take, cursor: undefined };
  if (typeof cursor.id !== 'string' || !ROW_ID.test(cursor.id)) throw noCursor();
  return { take, cursor: cursor.id };
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
  take: number;
}

interface PageArgs {
  after?: string | null;
  before?: string | null;
}
