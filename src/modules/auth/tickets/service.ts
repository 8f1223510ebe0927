import { z } from 'zod';
import type { Services } from '../../../kernel/context.ts';
import { type Scope, useCase } from '../../../kernel/use-case.ts';
import { createTicket, MAX_TICKET_SECONDS } from './tickets.ts';

/** Creates a ticket with which the viewer opens one WebSocket. */
export const createSocketTicket = useCase(
  'Mutation.createSocketTicket',
  {
    input: z.object({ expiresIn: z.int().min(1).max(MAX_TICKET_SECONDS) }),
    audit: {
      none: 'A ticket is an access token for one connection: it permits nothing more, and lives for less.',
    },
  },
  async ({ viewer, database }: Scope & Pick<Services, 'database'>, { expiresIn }) =>
    createTicket(database.sql, viewer, expiresIn),
);
