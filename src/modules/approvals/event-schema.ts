import { builder } from '../../schema-kit/builder.ts';
import {
  AFTER,
  eventRef,
  eventTypeName,
  type EventTypes,
  StreamEventRef,
} from '../../schema-kit/stream-event.ts';
import type { ApprovalEvent } from './events.ts';
import { ApprovalRequestRef } from './schema.ts';
import type { ApprovalsSnapshot } from './snapshot.ts';
import { approvalEvents } from './streams.ts';

const ApprovalRequestedEvent = eventRef<ApprovalEvent, 'ApprovalRequested'>('ApprovalRequested').implement({
  description: 'A step asks for approval.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'The request as it is now.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.approvalRequest.findUniqueOrThrow({ ...query, where: { id: data.approvalId } }),
    }),
  }),
});

const ApprovalDecidedEvent = eventRef<ApprovalEvent, 'ApprovalDecided'>('ApprovalDecided').implement({
  description: 'A request was decided, has expired, or was closed with its run.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'The request with its decision.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.approvalRequest.findUniqueOrThrow({ ...query, where: { id: data.approvalId } }),
    }),
  }),
});

/** Also part of a run's log. */
export const APPROVAL_EVENT_TYPES = {
  ApprovalRequested: { ref: ApprovalRequestedEvent, fromData: [] },
  ApprovalDecided: { ref: ApprovalDecidedEvent, fromData: [] },
} satisfies EventTypes<ApprovalEvent>;

const ApprovalsSnapshotEvent = builder.objectRef<ApprovalsSnapshot>('ApprovalsSnapshotEvent').implement({
  description: 'Brings a reader up to date.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    approvals: t.field({
      type: [ApprovalRequestRef],
      description:
        'The requests that you may decide now, oldest first; no other is open. At most 1000, the oldest.',
      resolve: (snapshot) => snapshot.approvals,
    }),
  }),
});

const ApprovalEventRef = builder.unionType('ApprovalEvent', {
  description: 'What `approvalEvents` gives.',
  types: [ApprovalRequestedEvent, ApprovalDecidedEvent, ApprovalsSnapshotEvent],
  resolveType: eventTypeName,
});

builder.subscriptionField('approvalEvents', (t) =>
  t.field({
    type: ApprovalEventRef,
    description:
      'Requests that you may decide, each new one and each decision. `seq` is that of the approvals of your tenant. Goes on until the client leaves.',
    args: { after: t.arg.int({ description: AFTER }) },
    subscribe: (_root, input, ctx) => approvalEvents(ctx, input),
    resolve: (event) => event,
  }),
);
