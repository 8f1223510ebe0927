import { randomUUID } from 'node:crypto';
import type { ProcessConfig } from '../config/process.ts';
import type { WorkConfig } from '../config/work.ts';
import { repeat } from '../core/async/repeat.ts';
import { ClaimKeeper } from '../core/claims/claim-keeper.ts';
import type { ClaimWorker } from '../core/claims/claim-worker.ts';
import { SafeFetch } from '../core/safe-fetch/safe-fetch.ts';
import type { JobName, Jobs } from '../infra/jobs.ts';
import type { Services } from '../kernel/context.ts';
import type { SettleDeparture } from '../kernel/departure.ts';
import { linkAuditEntries } from '../modules/audit/chainer.ts';
import { settleAddresses } from '../modules/audit/departure.ts';
import { expireApprovals } from '../modules/approvals/expiry.ts';
import { deleteExpiredAccess } from '../modules/auth/retention.ts';
import { forgetExpiredDenials } from '../modules/auth/issuers/denied-tokens.ts';
import { settleDepartures } from '../modules/auth/members/departures.ts';
import { settleConversations } from '../modules/conversations/departure.ts';
import { deleteExpiredTickets } from '../modules/auth/tickets/tickets.ts';
import { replyWorker } from '../modules/discussion/worker/jobs.ts';
import { settleRuns } from '../modules/pipelines/departure.ts';
import { settleLlmKeys } from '../modules/llm/keys/departure.ts';
import { runWorker } from '../modules/pipelines/jobs.ts';
import { bookForgottenCalls } from '../modules/usage/open-calls.ts';
import { settleTemplates } from '../modules/templates/departure.ts';

/** The worker for the subjects of each job. */
const WORKERS: Readonly<Record<JobName, (services: Services, claims: ClaimKeeper) => ClaimWorker>> = {
  run: runWorker,
  reply: replyWorker,
};

export const JOBS = Object.keys(WORKERS) as JobName[];

/** What each module does with the objects of a user who has left, in this order: runs end before conversations. */
const DEPARTURES: readonly SettleDeparture[] = [
  settleRuns,
  settleConversations,
  settleTemplates,
  settleLlmKeys,
  settleAddresses,
];

/** Periodic tasks of processes with workers. Several processes may run them concurrently. */
const HOUSEKEEPING: readonly { name: string; everyMs: number; run: (services: Services) => Promise<void> }[] =
  [
    { name: 'expire approval requests', everyMs: 1_000, run: expireApprovals },
    { name: 'forget denied tokens that have expired', everyMs: 3_600_000, run: forgetExpiredDenials },
    {
      name: 'settle what users who have left own',
      everyMs: 500,
      run: (services) => settleDepartures(services, DEPARTURES),
    },
    { name: 'delete expired sessions, links and invitations', everyMs: 3_600_000, run: deleteExpiredAccess },
    { name: 'link entries of the audit log', everyMs: 500, run: linkAuditEntries },
    { name: 'book calls that nobody has booked', everyMs: 60_000, run: bookForgottenCalls },
    { name: 'delete expired socket tickets', everyMs: 60_000, run: deleteExpiredTickets },
  ];

/** Builds the sources of the collector agent. */
export function buildSources({ dataCollectorUrl }: WorkConfig): Pick<Services, 'sources'> {
  return { sources: { fetch: new SafeFetch(), collectorUrl: dataCollectorUrl } };
}

/**
 * Starts the workers, which hand their work over when they close, and the periodic tasks. The role `api` has neither.
 */
export async function startWorkers(
  { role }: Pick<ProcessConfig, 'role'>,
  { services, jobs }: { services: Services; jobs: Jobs },
  closers: AsyncDisposableStack,
): Promise<void> {
  if (role === 'api') return;
  const claims = new ClaimKeeper({
    sql: services.database.sql,
    holder: randomUUID(),
    onError: (error) => services.logger.warn({ err: error }, 'claim lost, or its renewal or release failed'),
  });
  const workers = JOBS.map((job) => ({ job, worker: WORKERS[job](services, claims) }));
  closers.defer(async () => void (await Promise.all(workers.map(({ worker }) => worker.close()))));
  for (const { job, worker } of workers) await jobs.work(job, (subject) => worker.notify(subject));
  for (const { worker } of workers) worker.start();
  for (const { name, everyMs, run } of HOUSEKEEPING) {
    const onError = (error: unknown) =>
      services.logger.warn({ err: error, task: name }, 'housekeeping failed; will retry');
    const task = repeat(everyMs, () => run(services), onError);
    closers.defer(() => task.close());
  }
}
