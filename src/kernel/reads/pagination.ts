import { storableText } from '../../core/text/storable-text.ts';
import { AppError } from '../../errors.ts';

/**
 * Builds a Prisma query for a page that starts after the values in the cursor. Prisma's own cursors start at a row and
 * find nothing once that row is deleted; here the values determine the position, whether or not their row exists or is
 * visible to the viewer. Errors: BAD_USER_INPUT for a cursor that is not from a list.
 */
export function keyset<Query extends PageQuery>(query: Query, { by, direction }: Order) {
  const { cursor, skip: _skip, ...page } = query;
  const ascending = direction === 'ASC' ? 'asc' : 'desc';
  const orderBy = by === 'id' ? { id: ascending } : [{ [by]: ascending }, { id: ascending }];
  const side = query.take < 0 === (direction === 'ASC') ? 'lt' : 'gt';
  return { ...page, orderBy, behind: cursor ? behind(placeOf(cursor), by, side) : {} };
}

function behind(place: Place, by: Order['by'], side: 'lt' | 'gt') {
  const byId = { id: { [side]: place.id } };
  if (by === 'id') return byId;
  return { OR: [{ [by]: { [side]: place[by] } }, { [by]: place[by], ...byId }] };
}

/** A cursor contains the id, or a time and the id. */
function placeOf(cursor: NonNullable<PageQuery['cursor']>): Place {
  const { id, updatedAt } = (cursor.updatedAt_id ?? cursor) as Partial<Place>;
  if (typeof id !== 'string' || !ROW_ID.test(id)) throw noCursor();
  if (cursor.updatedAt_id && !(updatedAt instanceof Date)) throw noCursor();
  return { id, updatedAt };
}

/** The size of a page, negative when counted from the end, and its cursor. Errors: BAD_USER_INPUT, as above. */
export function pageIn({ take, cursor }: PageQuery): { take: number; cursor: string | undefined } {
  if (!cursor) return { take, cursor: undefined };
  if (typeof cursor.id !== 'string' || !ROW_ID.test(cursor.id)) throw noCursor();
  return { take, cursor: cursor.id };
}

/** Checks the cursors of a list of child rows, which Prisma decodes. Errors: BAD_USER_INPUT, as above. */
export function checkCursor({ after, before }: PageArgs): void {
  for (const cursor of [after, before]) {
    const [, id] = /^GPC:S:(.*)$/s.exec(Buffer.from(cursor ?? '', 'base64').toString()) ?? [];
    if (cursor != null && !(id && ROW_ID.test(id))) throw noCursor();
  }
}

/** A condition that a text contains `part` literally, ignoring case. */
export function containing(part: string) {
  const pattern = storableText(part).replace(/[\\%_]/g, '\\$&');
  return { contains: pattern, mode: 'insensitive' as const };
}

/** Errors: BAD_USER_INPUT when the size of a page is not between 1 and `max`. */
export function checkPageSize(argument: string, size: number, max: number): void {
  if (size >= 1 && size <= max) return;
  throw new AppError('BAD_USER_INPUT', `\`${argument}\` must be between 1 and ${max}, but is ${size}.`);
}

export function noCursor(): AppError {
  return new AppError(
    'BAD_USER_INPUT',
    'Invalid cursor. Use a cursor from the edges or the pageInfo of this list.',
  );
}

/** Objects on a page of a list. */
export const MAX_PAGE = 100;
export const DEFAULT_PAGE = 20;

const ROW_ID = /^[\w-]{1,64}$/;

/** UUIDv7 ids are ordered by creation time. */
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
