import { mutation } from '../../../schema-kit/mutation.ts';
import { createSocketTicket } from './service.ts';
import { MAX_TICKET_SECONDS } from './tickets.ts';

mutation(createSocketTicket, {
  description:
    'Creates a ticket that opens one WebSocket, as `?ticket=` in its URL, for clients that can send neither headers nor connection parameters. The WebSocket stays open as long as the session or token that asked for the ticket is valid. Cannot be used with an API key.',
  success: {
    ticket: { type: 'String', description: 'The ticket. Single use; it is shown only here.' },
    expiresAt: { type: 'DateTime', description: 'Time when the ticket expires.' },
  },
  input: (t) => ({
    expiresIn: t.int({
      required: true,
      defaultValue: MAX_TICKET_SECONDS,
      description: `Seconds until the ticket expires, 1 to ${MAX_TICKET_SECONDS}.`,
    }),
  }),
});
