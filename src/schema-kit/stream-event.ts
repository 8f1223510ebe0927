import { builder } from './builder.ts';

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

interface AnyEvent {
  seq: number;
  at: Date;
  data: { type: string };
}
