import { storableText } from '../core/text/storable-text.ts';
import { AppError } from '../errors.ts';

/**
 * A page of rows for Prisma, read from the place that the cursor names. Prisma itself begins a page at the row of its
 * cursor, and finds nothing once that row is gone; here the values in the cursor are the place, whether its row is
 * there, is somebody else's, or never was. Errors: BAD_USER_INPUT for a cursor that no list has given.
 */
export function keyset<Query extends PageQuery>(query: Query, { by, direction }: Order) {
  const { cursor, skip: _skip, ...page } = query;
  const ascending = direction === 'ASC' ? 'asc' : 'desc';
  const orderBy = by === 'id' ? { id: ascending } : [{ [by]: ascending }, { id: ascending }];
  const side = query.take < 0 === (direction === 'ASC') ? 'lt' : 'gt';
  return { ...page, orderBy, behind: cursor ? behind(placeOf(cursor), by, side) : {} };
}

function behind(place: Place, by: Order['by'], side: 'lt' | 'gt') {
  const beside = { id: { [side]: place.id } };
  if (by === 'id') return beside;
  return { OR: [{ [by]: { [side]: place[by] } }, { [by]: place[by], ...beside }] };
}

/** Cursors hold the id, or a time and the id. */
function placeOf(cursor: NonNullable<PageQuery['cursor']>): Place {
  const { id, updatedAt } = (cursor.updatedAt_id ?? cursor) as Partial<Place>;
  if (typeof id !== 'string' || !ROW_ID.test(id)) throw noCursor();
  if (cursor.updatedAt_id && !(updatedAt instanceof Date)) throw noCursor();
  return { id, updatedAt };
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

/** UUIDv7 ids rise with the time of creation. */
export interface Order {
  by: 'id' | 'updatedAt';
  direction: 'ASC' | 'DESC';
}

interface Place {
  id: string;
  updatedAt?: Date | undefined;
}

interface PageQuery {
  cursor?: { id?: unknown; updatedAt_id?: unknown };
  skip?: number;
  take: number;
}

interface PageArgs {
  after?: string | null;
  before?: string | null;
}
