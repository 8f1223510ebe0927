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
  description: 'A step requested approval.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'Current state of the request.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.approvalRequest.findUniqueOrThrow({ ...query, where: { id: data.approvalId } }),
    }),
  }),
});

const ApprovalDecidedEvent = eventRef<ApprovalEvent, 'ApprovalDecided'>('ApprovalDecided').implement({
  description: 'A request was decided, expired, or was cancelled because its run ended.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    approval: t.prismaField({
      type: ApprovalRequestRef,
      description: 'The request with its final status.',
      resolve: (query, { data }, _args, ctx) =>
        ctx.database.prisma.approvalRequest.findUniqueOrThrow({ ...query, where: { id: data.approvalId } }),
    }),
  }),
});

/** These events are also part of a run's log. */
export const APPROVAL_EVENT_TYPES = {
  ApprovalRequested: { ref: ApprovalRequestedEvent, fromData: [] },
  ApprovalDecided: { ref: ApprovalDecidedEvent, fromData: [] },
} satisfies EventTypes<ApprovalEvent>;

const ApprovalsSnapshotEvent = builder.objectRef<ApprovalsSnapshot>('ApprovalsSnapshotEvent').implement({
  description: 'State of the approval requests at `seq`.',
  interfaces: [StreamEventRef],
  fields: (t) => ({
    approvals: t.field({
      type: [ApprovalRequestRef],
      description: 'All open requests that you may decide, oldest first. Contains at most the 1000 oldest.',
      resolve: (snapshot) => snapshot.approvals,
    }),
  }),
});

const ApprovalEventRef = builder.unionType('ApprovalEvent', {
  description: 'Event of the subscription `approvalEvents`.',
  types: [ApprovalRequestedEvent, ApprovalDecidedEvent, ApprovalsSnapshotEvent],
  resolveType: eventTypeName,
});

builder.subscriptionField('approvalEvents', (t) =>
  t.field({
    type: ApprovalEventRef,
    description:
      'Streams new approval requests and decisions, for requests that you may decide. `seq` counts the approval events of your tenant. Ends only when the client unsubscribes.',
    args: { after: t.arg.int({ description: AFTER }) },
    subscribe: (_root, input, ctx) => approvalEvents(ctx, input),
    resolve: (event) => event,
  }),
);
