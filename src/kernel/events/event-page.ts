import type { StoredEvent } from '../../core/event-log/event-log.ts';
import type { Log } from '../../core/event-log/log.ts';
import type { Services } from '../context.ts';
import { checkPageSize } from '../reads/pagination.ts';
import { checkAfter } from './log-stream.ts';

/**
 * Reads one page of the events after a cursor, for clients that poll instead of subscribing.
 * Errors: BAD_USER_INPUT for a size out of range, and for a cursor that is not in the log.
 */
export async function readEventPage<Event>(
  { eventLog }: Pick<Services, 'eventLog'>,
  log: Log<Event>,
  { after, first }: { after: number; first: number },
): Promise<EventPage<Event>> {
  checkPageSize('first', first, MAX_PAGE_EVENTS);
  const { events: nodes } = await eventLog.read(log, Math.max(after, 0), first);
  const { head, floor } = await eventLog.state(log); // read last, so that the head is never older than the page
  checkAfter(after, head, 'the oldest event');
  return { nodes, firstSeq: floor + 1, lastSeq: head, hasMore: head > (nodes.at(-1)?.seq ?? after) };
}

export const MAX_PAGE_EVENTS = 1_000;

export interface EventPage<Event> {
  nodes: StoredEvent<Event>[];
  firstSeq: number;
  lastSeq: number;
  hasMore: boolean;
}
