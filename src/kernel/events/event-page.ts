import type { StoredEvent } from '../../core/event-log/event-log.ts';
import type { Log } from '../../core/event-log/log.ts';
import type { Services } from '../context.ts';

/** The events of a log behind a cursor, for readers that cannot stay connected. */
export async function readEventPage<Event>(
  { eventLog }: Pick<Services, 'eventLog'>,
  log: Log<Event>,
  { after, first }: { after: number; first: number },
): Promise<EventPage<Event>> {
  const nodes = await eventLog.read(log, after, Math.min(Math.max(first, 1), MAX_PAGE_EVENTS));
  const { head, floor } = await eventLog.state(log); // last: it never falls behind the page
  return { nodes, firstSeq: floor + 1, lastSeq: head, hasMore: head > (nodes.at(-1)?.seq ?? after) };
}

export const MAX_PAGE_EVENTS = 1_000;

export interface EventPage<Event> {
  nodes: StoredEvent<Event>[];
  firstSeq: number;
  lastSeq: number;
  hasMore: boolean;
}
