import { randomUUID } from 'node:crypto';
import { BackgroundTasks } from '../../core/async/background-tasks.ts';
import { QueueFullError } from '../../core/async/concurrency-limit.ts';
import type { RedisConnection } from '../../core/redis.ts';
import { AppError } from '../../errors.ts';
import type { Services } from '../../kernel/context.ts';
import { decideApproval } from '../../modules/approvals/service.ts';
import { viewerOfNamed } from '../../modules/auth/named-user.ts';
import { approvalIdOf } from '../approval-id.ts';
import { NO_REFRESH_COOKIE } from '../refresh-cookie.ts';
import { HITL_CHANNEL, type HitlSignal, readSignal } from './hitl-signal.ts';
import { RefusalLog } from './refusal-log.ts';

/**
 * Takes decisions that other services publish on the channels of runs. Every process with Redis listens, and all of them
 * try: the row takes one decision. A signal that is lost or arrives again changes nothing, nor does what this server has
 * published itself.
 */
export class HitlSubscriber {
  readonly #options: HitlSubscriberOptions;
  readonly #refusals: RefusalLog;
  readonly #tasks: BackgroundTasks;

  constructor(options: HitlSubscriberOptions) {
    const { connection, services } = options;
    this.#options = options;
    this.#refusals = new RefusalLog(services.logger);
    this.#tasks = new BackgroundTasks({
      maxRunning: 1, // in their order: of two decisions, the first published is taken
      maxQueued: MAX_QUEUED,
      onError: (error) => this.#failed(error),
    });
    connection.redis.on('ready', () => void this.#subscribe());
    connection.redis.on('pmessage', (_pattern: string, channel: string, message: string) =>
      this.#receive(channel.slice(HITL_CHANNEL.length), message),
    );
  }

  async close(): Promise<void> {
    await this.#options.connection.close();
    await this.#tasks.close(CLOSE_GRACE_MS);
  }

  /** Runs at each connection. One that does not subscribe is opened again. */
  async #subscribe(): Promise<void> {
    const { redis } = this.#options.connection;
    try {
      await redis.psubscribe(`${HITL_CHANNEL}*`);
    } catch {
      if (redis.status === 'ready') redis.disconnect(true);
    }
  }

  #receive(sessionId: string, message: string): void {
    const { secret, services } = this.#options;
    const signal = readSignal(secret, message, services.clock());
    if (typeof signal === 'string') this.#refusals.add(signal);
    else this.#tasks.start(() => this.#take(sessionId, signal));
  }

  /** Decides as the user whom the signal names, with all checks of the mutation. */
  async #take(sessionId: string, { requestId: id, decision, comment, ...claims }: HitlSignal): Promise<void> {
    const { services } = this.#options;
    const approvalId = approvalIdOf(id);
    const request = await services.database.prisma.approvalRequest.findFirst({
      where: { id: approvalId, executionId: sessionId },
      select: { tenantId: true, status: true },
    });
    if (!request) return this.#refusals.add('UNKNOWN_REQUEST');
    if (request.status !== 'PENDING') return;
    // What a step is to do again stands in the comment, which no signature covers.
    if (decision === 'REVISE') return this.#refusals.add('REVISE', { approvalId });
    const viewer = await viewerOfNamed(services.database, request.tenantId, claims);
    if (!viewer) return this.#refusals.add('UNKNOWN_USER', { approvalId });
    const requestId = randomUUID();
    const context = { ...services, requestId, client: NO_CLIENT, refreshCookie: NO_REFRESH_COOKIE, viewer };
    await decideApproval(context, { approvalId, decision, comment });
    services.logger.info({ approvalId, requestId }, 'hitl signal taken');
  }

  #failed(error: unknown): void {
    if (error instanceof AppError) {
      const { code, message } = error;
      if (code !== 'ALREADY_DECIDED') this.#refusals.add(code, { message });
    } else if (error instanceof QueueFullError) this.#refusals.add('TOO_MANY');
    else this.#refusals.add('FAILED', { err: error });
  }
}

const NO_CLIENT = { address: '', userAgent: null, languages: null };
const MAX_QUEUED = 1_000;
const CLOSE_GRACE_MS = 5_000;

interface HitlSubscriberOptions {
  /** HITL_SHARED_SECRET. */
  secret: string;
  /** A connection that nothing else uses. It is closed with the subscriber. */
  connection: RedisConnection;
  services: Services;
}
