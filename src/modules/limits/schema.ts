import { authorize } from '../../access/authorize.ts';
import type { Statistics } from '../../core/rate-limit/request-statistics-local.ts';
import { builder } from '../../schema-kit/builder.ts';

const RateLimitRef = builder.objectRef<RateLimit>('RateLimit').implement({
  description:
    'Your rate limit: how many root fields you may request in one minute, over HTTP and WebSocket together. Operations of sign-in, messages and runs have limits of their own.',
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'Root fields that you may request in one minute.' }),
    remaining: t.exposeInt('remaining', {
      description: 'Root fields that you may still request before `resetsAt`, after this request.',
    }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      description:
        'End of the minute, which began with your first request. Then all of `limit` is available.',
    }),
  }),
});

const RateLimitStatsRef = builder.objectRef<Statistics>('RateLimitStats').implement({
  description:
    'Requests of your tenant’s members, as the rate limits counted them. Without Redis, and while it does not answer: those that this server process counted, which are missing afterwards.',
  fields: (t) => ({
    totalRequests: t.exposeInt('total', {
      description:
        'Requests since midnight UTC, with the refused ones. An operation over WebSocket is a request.',
    }),
    blockedRequests: t.exposeInt('blocked', {
      description: 'Requests since midnight UTC that a rate limit refused.',
    }),
    uniqueUsers: t.exposeInt('uniqueUsers', {
      description:
        'Users with at least one request since midnight UTC. Above some hundreds, accurate to about 1 %.',
    }),
    activeUsers: t.exposeInt('activeUsers', {
      description: 'Users with at least one request in the last minute, 10 seconds more at most.',
    }),
  }),
});

builder.queryFields((t) => ({
  rateLimit: t.field({
    type: RateLimitRef,
    nullable: true,
    description: 'Your rate limit, or that of your API key. Null when the operator has set no limit.',
    async resolve(_root, _args, ctx) {
      const allowance = await ctx.rateLimiter.read(ctx);
      if (!allowance) return null;
      const { max, remaining, msLeft } = allowance;
      return { limit: max, remaining, resetsAt: new Date(ctx.clock().getTime() + msLeft) };
    },
  }),
  rateLimitStats: t.field({
    type: RateLimitStatsRef,
    nullable: true,
    description:
      'Statistics of the requests of your tenant on the current UTC day. Requires the permission RATE_LIMIT_READ.',
    resolve: (_root, _args, ctx) =>
      ctx.rateLimiter.statisticsOf(authorize(ctx, 'Query.rateLimitStats').tenantId),
  }),
}));

interface RateLimit {
  limit: number;
  remaining: number;
  resetsAt: Date;
}
