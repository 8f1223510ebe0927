import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { rateClassOf } from '../../access/permissions.ts';
import { AppError } from '../../errors.ts';
import type { Services } from '../../kernel/context.ts';
import { isVisible, parseInput } from '../../kernel/input.ts';
import { AlreadyDecidedError } from '../../modules/approvals/errors.ts';
import { decideApproval } from '../../modules/approvals/service.ts';
import { approvalIdOf } from '../approval-id.ts';
import type { CorsRules } from '../cors.ts';
import { readJsonObject } from './json-body.ts';
import { sendRefusal } from './refusal.ts';
import { answerError, callerOf, type RouteSettings } from './route-caller.ts';
import { lastSegmentOf, type Route } from './router.ts';

/** `POST /aura/hitl/approve/{requestId}` and `/reject/{requestId}`: the mutation `decideApproval` for older clients. */
export function approvalDecisions(services: Services, settings: RouteSettings): Route[] {
  return PATHS.map(([path, decision]) => ({
    path,
    isAlsoBelowApi: true,
    cors: CORS,
    async handle(request, response, requestId) {
      if (request.method !== 'POST') return void response.writeHead(405, { Allow: 'POST' }).end();
      const named = lastSegmentOf(request);
      try {
        const rateClass = rateClassOf('Mutation.decideApproval');
        const { context } = await callerOf(services, settings, { path, rateClass, request, requestId });
        const body = await bodyOf(request, response);
        if (!body) return;
        const { comment, reason, subjectHash } = parseInput(decisionBody, body);
        const said = [comment, reason].find((text) => isVisible(text ?? ''));
        const input = { approvalId: approvalIdOf(named), decision, comment: said, subjectHash };
        const { approval } = await decideApproval(context, input);
        const answer = { success: true, data: decisionOf(named, approval) };
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
      } catch (error) {
        if (request.readableAborted) return;
        if (!(error instanceof AppError)) throw error;
        answerError(response, error, await winnerOf(services, named, error));
      }
    },
  }));
}

const PATHS = [
  ['/aura/hitl/approve/{requestId}', 'APPROVE'],
  ['/aura/hitl/reject/{requestId}', 'REJECT'],
] as const;

/** Older clients send their reason, and a `userId`, which the token says. */
const decisionBody = z.object({
  comment: z.string().nullish(),
  reason: z.string().nullish(),
  subjectHash: z.string().nullish(),
});

async function bodyOf(request: IncomingMessage, response: ServerResponse): Promise<object | null> {
  const { value, refusal } = await readJsonObject(request, MAX_BODY_BYTES);
  if (!refusal) return value;
  response.setHeader('Connection', 'close'); // the rest of a body that is too large is not read
  sendRefusal(response, refusal);
  return null;
}

/** For a decision that came too late: the one that stands. */
async function winnerOf({ database }: Services, named: string, error: AppError): Promise<object> {
  if (!(error instanceof AlreadyDecidedError)) return {};
  const where = { id: error.approvalId };
  return { data: decisionOf(named, await database.prisma.approvalRequest.findUniqueOrThrow({ where })) };
}

/** The request in the words of this dialect. `named`: its id as the client gave it. */
function decisionOf(named: string, { executionId, status, comment }: Decided): object {
  return { requestId: named, sessionId: executionId, status: status.toLowerCase(), reason: comment };
}

const MAX_BODY_BYTES = 65_536;

const CORS: CorsRules = {
  methods: ['POST', 'OPTIONS'],
  requestHeaders: ['Authorization', 'Content-Type', 'X-API-Key', 'X-Request-ID', 'X-Tenant-ID', 'X-User-ID'],
  responseHeaders: ['X-Request-ID', 'Retry-After', 'WWW-Authenticate'],
};

type Decided = Awaited<ReturnType<typeof decideApproval>>['approval'];
