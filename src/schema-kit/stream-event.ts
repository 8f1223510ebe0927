import type { ObjectRef } from '@pothos/core';
import { type EventPage, MAX_PAGE_EVENTS } from '../kernel/events/event-page.ts';
import type { LogEvent } from '../kernel/events/log-stream.ts';
import { builder, type SchemaTypes } from './builder.ts';

/**
 * What every event of a log has. `data.type` with `Event` behind it is the name of its GraphQL type, so that
 * unions and this interface need no list of their own.
 */
export const StreamEventRef = builder.interfaceRef<AnyEvent>('StreamEvent').implement({
  description:
    'An event of an append-only log. Hand its `seq` back as `after` to go on behind it, on any connection.',
  resolveType: eventTypeName,
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description:
        'Rises by one within the log, from 1; a snapshot carries that of the last event it includes.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When the event was written.' }),
  }),
});

export function eventTypeName(event: AnyEvent): string {
  return `${event.data.type}Event`;
}

export const StreamEventPageRef = builder
  .objectRef<EventPage<{ type: string }>>('StreamEventPage')
  .implement({
    description: 'Events of a log that follow each other.',
    fields: (t) => ({
      nodes: t.expose('nodes', {
        type: [StreamEventRef],
        description: 'The events, by rising `seq`.',
        complexity: { field: 0, multiplier: 1 }, // the page has been counted
      }),
      firstSeq: t.exposeInt('firstSeq', { description: 'seq of the oldest event that is still kept.' }),
      lastSeq: t.exposeInt('lastSeq', { description: 'seq of the newest event of the log; 0 when empty.' }),
      hasMore: t.exposeBoolean('hasMore', {
        description: 'Whether more follow: read on with the last `seq` as `after`.',
      }),
    }),
  });

/** Of a field that gives a StreamEventPage. */
export const PAGE_ARGS = {
  after: 'Only events with a higher seq.',
  first: `At most so many; 1 to ${MAX_PAGE_EVENTS}.`,
};

export function eventPageComplexity({ first }: { first: number }) {
  return { field: 1, multiplier: Math.min(first, MAX_PAGE_EVENTS) / 10 };
}

/** What the argument `after` of every stream of a log means. */
export const AFTER =
  'The seq of the last event you have: everything behind it follows, once each. Left out: a snapshot first. Above the log’s head: BAD_USER_INPUT.';

/** The reference of an event's GraphQL type. */
export function eventRef<Event extends { type: string }, Type extends Event['type']>(type: Type) {
  return builder.objectRef<LogEvent<Extract<Event, { type: Type }>>>(`${type}Event`);
}

/** All events of one log: one that is forgotten does not compile. Null: shown to nobody. */
export type EventTypes<Event extends { type: string }> = {
  [Type in Event['type']]: EventType<LogEvent<Extract<Event, { type: Type }>>> | null;
};

export interface EventType<Source> {
  ref: ObjectRef<SchemaTypes, Source>;
  /**
   * The fields that are resolved from the event's data alone, and so are the same for every reader. The others read
   * the database, as it is now and as the reader may see it. `seq` and `at` go without saying.
   */
  fromData: readonly string[];
}

interface AnyEvent {
  seq: number;
  at: Date;
  data: { type: string };
}
