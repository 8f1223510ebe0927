import type { ObjectRef } from '@pothos/core';
import { MAX_PAGE_BYTES } from '../core/event-log/event-log.ts';
import type { Log } from '../core/event-log/log.ts';
import { MAX_PAGE_EVENTS, readEventPage, type EventPage } from '../kernel/events/event-page.ts';
import type { LogEvent } from '../kernel/events/log-stream.ts';
import { builder, type SchemaTypes } from './builder.ts';

/**
 * The interface of all events. The GraphQL type of an event is named `<data.type>Event`, so this interface and the
 * unions of events can resolve types without a table.
 */
export const StreamEventRef = builder.interfaceRef<AnyEvent>('StreamEvent').implement({
  description:
    'An event of an append-only log. Pass its `seq` as `after` to resume from it, on any connection.',
  resolveType: eventTypeName,
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description:
        'Position in the log, counted from 1. For a snapshot, the position of the last event it includes.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'Time when the event was written.' }),
  }),
});

export function eventTypeName(event: AnyEvent): string {
  return `${event.data.type}Event`;
}

export const StreamEventPageRef = builder
  .objectRef<EventPage<{ type: string }>>('StreamEventPage')
  .implement({
    description: 'A page of consecutive events of a log.',
    fields: (t) => ({
      nodes: t.expose('nodes', {
        type: [StreamEventRef],
        description: 'Events in ascending order of `seq`.',
        complexity: { field: 0, multiplier: 1 }, // the cost of the page already includes its size
      }),
      firstSeq: t.exposeInt('firstSeq', { description: '`seq` of the oldest event still stored.' }),
      lastSeq: t.exposeInt('lastSeq', {
        description: '`seq` of the newest event of the log. 0 when the log is empty.',
      }),
      hasMore: t.exposeBoolean('hasMore', {
        description: 'Whether more events follow. To read them, pass the last `seq` as `after`.',
      }),
    }),
  });

/** Adds the field `events`, pages of the object's log, to the type of an object that has one. */
export function eventsField<Parent extends { id: string }, Event extends { type: string }>(
  ref: ObjectRef<SchemaTypes, Parent>,
  { description, log }: { description: string; log: (id: string) => Log<Event> },
): void {
  builder.objectField(ref, 'events', (t) =>
    t.field({
      type: StreamEventPageRef,
      description,
      args: {
        after: t.arg.int({
          required: true,
          defaultValue: 0,
          description:
            'Return only events with a higher `seq`. BAD_USER_INPUT if negative or higher than the last `seq` of the log.',
        }),
        first: t.arg.int({
          required: true,
          defaultValue: 100,
          description: `Maximum number of events to return, 1 to ${MAX_PAGE_EVENTS}; otherwise BAD_USER_INPUT. Large events make a page shorter: its data has at most ${MAX_PAGE_BYTES / 1024} KiB, or is one event.`,
        }),
      },
      complexity: ({ first }) => ({
        field: 1,
        multiplier: Math.min(Math.max(first, 0), MAX_PAGE_EVENTS) / 10,
      }),
      resolve: ({ id }, page, ctx) => readEventPage(ctx, log(id), page),
    }),
  );
}

/** Description of the argument `after` of subscriptions. */
export const AFTER =
  '`seq` of the last event you received: the stream continues with the next one, without gaps or duplicates. If omitted, the stream starts with a snapshot. BAD_USER_INPUT if higher than the last `seq` of the log.';

/** The object type of an event. */
export function eventRef<Event extends { type: string }, Type extends Event['type']>(type: Type) {
  return builder.objectRef<LogEvent<Extract<Event, { type: Type }>>>(`${type}Event`);
}

/** The GraphQL type of every event of a log; a missing one does not compile. Null marks an internal event. */
export type EventTypes<Event extends { type: string }> = {
  [Type in Event['type']]: EventType<LogEvent<Extract<Event, { type: Type }>>> | null;
};

export interface EventType<Source> {
  ref: ObjectRef<SchemaTypes, Source>;
  /**
   * Fields that are resolved from the event's data alone and are therefore the same for every reader, besides `seq`
   * and `at`. All other fields read the current database rows that the reader may see.
   */
  fromData: readonly string[];
}

interface AnyEvent {
  seq: number;
  at: Date;
  data: { type: string };
}
