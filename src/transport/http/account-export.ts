import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Viewer } from '../../access/viewer.ts';
import { AppError } from '../../errors.ts';
import { type AuditOrigin, recordAct, recordOf } from '../../kernel/audit/audit.ts';
import type { Services } from '../../kernel/context.ts';
import type { ExportRows } from '../../kernel/export.ts';
import { exportDecisions } from '../../modules/approvals/export.ts';
import { exportActs } from '../../modules/audit/export.ts';
import { exportApiKeys, exportProfile, exportSessions } from '../../modules/auth/accounts/export.ts';
import { exportConversations, exportMessages, exportProposals } from '../../modules/conversations/export.ts';
import { exportLlmKeys } from '../../modules/llm/keys/export.ts';
import { exportRuns } from '../../modules/pipelines/export.ts';
import { exportTemplates } from '../../modules/templates/export.ts';
import { exportLedger } from '../../modules/usage/export.ts';
import { formatMicros } from '../../schema-kit/scalars.ts';
import type { CorsRules } from '../cors.ts';
import { answerError, callerOf, type RouteSettings } from './route-caller.ts';
import type { Route } from './router.ts';

/** The lists of an export, in their order. A module that stores something of a person adds a line. */
const LISTS: Readonly<Record<string, ExportRows>> = {
  profile: exportProfile,
  sessions: exportSessions,
  apiKeys: exportApiKeys,
  llmKeys: exportLlmKeys,
  conversations: exportConversations,
  messages: exportMessages,
  proposals: exportProposals,
  templates: exportTemplates,
  runs: exportRuns,
  approvalsDecided: exportDecisions,
  ledger: exportLedger,
  acts: exportActs,
};

export const EXPORT_PATH = '/account/export';

/**
 * `GET /account/export`: all that is the caller's, as one JSON object of lists. It is streamed: a page is read when the
 * one before has been sent, so that a slow reader costs no memory. One at a time for each user, each with an end.
 */
export function accountExport(services: Services, settings: RouteSettings): Route {
  const exporting = new Set<string>();
  return {
    path: EXPORT_PATH,
    cors: CORS,
    async handle(request, response, requestId) {
      if (request.method !== 'GET') return void response.writeHead(405, { Allow: 'GET' }).end();
      try {
        const { viewer, context } = await callerOf(services, settings, {
          path: EXPORT_PATH,
          rateClass: 'DEFAULT',
          request,
          requestId,
        });
        assertFree(exporting, viewer);
        exporting.add(viewer.userId);
        await recorded(services, viewer, context)
          .then(() => send(services, viewer, response))
          .finally(() => exporting.delete(viewer.userId));
      } catch (error) {
        if (!(error instanceof AppError) || response.headersSent) throw error;
        answerError(response, error);
      }
    },
  };
}

/** Records the act before anything is sent: there is no download without an entry. */
async function recorded({ database }: Services, viewer: Viewer, origin: AuditOrigin): Promise<void> {
  const target = { type: 'User', id: viewer.userId } as const;
  await database.transact((tx) => recordAct(tx, 'account.exported', recordOf(viewer, origin, { target })));
}

/** Errors: CONFLICT, SERVICE_UNAVAILABLE. */
function assertFree(exporting: ReadonlySet<string>, { userId }: Viewer): void {
  if (exporting.has(userId)) throw new AppError('CONFLICT', 'Another export of yours is under way.');
  if (exporting.size < MAX_EXPORTS) return;
  throw new AppError('SERVICE_UNAVAILABLE', 'Too many exports at the same time. Try again in some minutes.');
}

async function send(services: Services, viewer: Viewer, response: ServerResponse): Promise<void> {
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Disposition': 'attachment; filename="agentforge-account.json"',
  });
  response.setTimeout(STALLED_MS, () => response.destroy());
  try {
    const pieces = Readable.from(piecesOf(services, viewer), { highWaterMark: 1 });
    await pipeline(pieces, response, { signal: AbortSignal.timeout(MAX_EXPORT_MS) });
  } catch (error) {
    if (!response.destroyed) response.destroy();
    // A reader who has left, or reads nothing, is no fault of the server.
    if (!hasEnded(error))
      services.logger.error({ err: error, userId: viewer.userId }, 'account export failed');
  }
}

async function* piecesOf(services: Services, viewer: Viewer): AsyncGenerator<string, void, undefined> {
  yield `{"exportedAt":${JSON.stringify(services.clock())}`;
  for (const [name, rows] of Object.entries(LISTS)) {
    yield `,\n"${name}":[`;
    let separator = '\n';
    for await (const row of rows(services, viewer)) {
      yield separator + JSON.stringify(inDollars(row));
      separator = ',\n';
    }
    yield ']';
  }
  yield '}\n';
}

/** Amounts are bigint micro-dollars in rows, and decimal dollars in the API: `costMicros` becomes `cost`. */
function inDollars(row: object): object {
  const members = Object.entries(row).map(([name, value]: [string, unknown]) => [
    name.replace(/Micros$/, ''),
    typeof value === 'bigint' ? formatMicros(value) : value,
  ]);
  return Object.fromEntries(members) as object;
}

function hasEnded(error: unknown): boolean {
  const { code, name } = error as NodeJS.ErrnoException;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || name === 'AbortError';
}

const CORS: CorsRules = {
  methods: ['GET', 'OPTIONS'],
  requestHeaders: ['Authorization', 'X-Request-ID', 'X-Tenant-ID', 'X-User-ID'],
  responseHeaders: ['X-Request-ID', 'Retry-After', 'WWW-Authenticate', 'Content-Disposition'],
};

const MAX_EXPORTS = 20;
/** A reader that takes nothing for so long is disconnected. */
const STALLED_MS = 60_000;
/** The longest that one export may take. */
const MAX_EXPORT_MS = 30 * 60_000;
