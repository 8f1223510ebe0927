import { builder } from './builder.ts';

/** What every event of a log has. Its seq belongs to the log, never to a connection. */
export const StreamEventRef = builder.interfaceRef<{ seq: number; at: Date }>('StreamEvent').implement({
  description:
    'An event of an append-only log. Hand its `seq` back as `after` to go on behind it, on any connection.',
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description:
        'Rises by one within the log, from 1; a snapshot carries that of the last event it includes.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When the event was written.' }),
  }),
});
