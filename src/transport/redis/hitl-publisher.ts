import type { RedisConnection } from '../../core/redis.ts';
import type { DecisionSignals, SignalledDecision } from '../../modules/approvals/decision-signals.ts';
import { encodeId } from '../../schema-kit/global-id.ts';
import { encodeSignal, HITL_CHANNEL } from './hitl-signal.ts';

/** Publishes each decision on the channel of its run, whichever way it came. It is lost while Redis is unavailable. */
export class HitlPublisher implements DecisionSignals {
  readonly #options: HitlPublisherOptions;

  constructor(options: HitlPublisherOptions) {
    this.#options = options;
  }

  send({ approvalId, executionId, decision, comment, decidedBy }: SignalledDecision): void {
    const { secret, connection, clock } = this.#options;
    const signal = encodeSignal(secret, {
      requestId: encodeId('ApprovalRequest', approvalId),
      decision,
      comment,
      userId: decidedBy.userId,
      tenantId: decidedBy.tenantId,
      timestamp: Math.floor(clock().getTime() / 1_000),
    });
    void connection.attempt((redis) => redis.publish(HITL_CHANNEL + executionId, signal));
  }
}

interface HitlPublisherOptions {
  /** HITL_SHARED_SECRET. */
  secret: string;
  connection: RedisConnection;
  clock: () => Date;
}
