import type { Viewer } from '../access/viewer.ts';
import type { Services } from './context.ts';

/** Reads what a person owns of one kind, as plain objects for JSON. Amounts of money are bigint micro-dollars. */
export type ExportRows = (services: Pick<Services, 'database'>, viewer: Viewer) => AsyncIterable<object>;

/**
 * Reads all rows of a list in pages, each when the page before it has been consumed. `readPage` returns the first `take`
 * rows whose id is behind `after`, in the order of their ids.
 */
export async function* exportPages<Row extends { id: string }>(
  readPage: (page: { after: string; take: number }) => Promise<Row[]>,
  take = PAGE_ROWS,
): AsyncGenerator<Row, void, undefined> {
  for (let after = ''; ; ) {
    const page = await readPage({ after, take });
    yield* page;
    if (page.length < take) return;
    after = page.at(-1)!.id;
  }
}

/** Bounds the memory: a message or an output has at most some hundred kilobytes. */
const PAGE_ROWS = 50;
