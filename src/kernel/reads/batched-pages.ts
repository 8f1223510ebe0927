import type { Sql } from '../../core/sql.ts';

/**
 * Reads pages of the same list of several parents, such as the messages of twenty conversations, in one statement per
 * direction. Returns the ids of each page in the order of the list. Prisma would read all rows of every parent and
 * slice the pages in memory. A cursor that is not a row of its parent gives an empty page.
 */
export async function readBatchedPages(
  sql: Sql,
  list: ChildList,
  pages: readonly ChildPage[],
): Promise<string[][]> {
  const numbered = pages.map((page, number) => ({ ...page, number }));
  const [backwards, forwards] = [
    numbered.filter(({ take }) => take < 0),
    numbered.filter(({ take }) => take >= 0),
  ];
  const rows = [...(await readIds(sql, list, forwards)), ...(await readIds(sql, list, backwards)).reverse()];
  const byPage = Map.groupBy(rows, (row) => row.page);
  return numbered.map(({ number }) => (byPage.get(number) ?? []).map(({ id }) => id));
}

/** Replaces the ids of each page with their rows. */
export function pick<Row extends { id: string }>(pages: readonly string[][], rows: readonly Row[]): Row[][] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return pages.map((ids) => ids.flatMap((id) => byId.get(id) ?? []));
}

/** Reads the pages of one direction: forwards or backwards from their cursors. */
async function readIds(
  sql: Sql,
  list: ChildList,
  pages: readonly NumberedPage[],
): Promise<{ page: number; id: string }[]> {
  if (pages.length === 0) return [];
  const { table, parent, order, isDescending, filter } = list;
  const isBackwards = pages[0]!.take < 0;
  const [direction, behind] = isDescending === isBackwards ? ['ASC', '>'] : ['DESC', '<'];
  return sql<{ page: number; id: string }>(
    `SELECT page.number AS page, child.id
     FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::int[]) AS page(number, parent, filter, cursor, size)
     CROSS JOIN LATERAL (
       SELECT id, ${order} AS place FROM ${table}
       WHERE ${parent} = page.parent
         AND (page.filter IS NULL OR ${filter}::text = page.filter)
         AND (page.cursor IS NULL OR ${order} ${behind} (
           SELECT ${order} FROM ${table} WHERE id = page.cursor AND ${parent} = page.parent))
       ORDER BY ${order} ${direction} LIMIT page.size
     ) child
     ORDER BY page.number, child.place ${direction}`,
    [
      pages.map(({ number }) => number),
      pages.map(({ parentId }) => parentId),
      pages.map((page) => page.filter ?? null),
      pages.map(({ cursor }) => cursor ?? null),
      pages.map(({ take }) => Math.abs(take)),
    ],
  );
}

/** The names of a table and of its columns. They become part of the SQL, so they must never come from a request. */
export interface ChildList {
  table: string;
  parent: string;
  order: string;
  isDescending: boolean;
  /** A column to filter by. */
  filter: string;
}

export interface ChildPage {
  parentId: string;
  /** Maximum number of rows. Negative: counted backwards from the end or from the cursor. */
  take: number;
  cursor?: string;
  filter?: string | null;
}

interface NumberedPage extends ChildPage {
  number: number;
}
