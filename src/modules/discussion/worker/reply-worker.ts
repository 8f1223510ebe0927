import type { Claim } from '../../../core/claims/claim-keeper.ts';
import type { ModelTask } from '../../../core/llm/language-model.ts';
import type { Message } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';
import { signalsLog } from '../../../kernel/events/signals.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import { withSignals } from '../../../kernel/work/claimed-work.ts';
import { isStalled } from '../../../kernel/work/retry-policy.ts';
import {
  runAttempts,
  type StreamedAttempt,
  type StreamedWork,
} from '../../../kernel/work/streamed-attempt.ts';
import { mergeDeltas } from '../../conversations/events.ts';
import type { MeteredCall } from '../../usage/metered-call.ts';
import { replyTo } from '../engine/reply.ts';
import { type ReplyPlan, replyPlanSchema } from '../engine/reply-plan.ts';
import { takeTurn, type Turn } from '../engine/turn.ts';
import { type ClaimedReply, takeNextReply } from './claimed-reply.ts';
import { contextOf, discussionState, messagesBefore } from './discussion-state.ts';
import { ReplyModel } from './reply-model.ts';
import { progressOf } from './reply-progress.ts';
import { ReplyWriter } from './reply-writer.ts';

/**
 * Writes the replies of a claimed conversation, one after the other, until none is left.
 *
 * A reply is first decided, then written. The decisions (designs, stages, memory and the plan of the reply) are stored
 * in one transaction; from then on any worker can write the text. The text is streamed into the log of the
 * conversation; a failed attempt is discarded there and retried.
 */
export async function workOnReplies(
  services: Services,
  conversationId: string,
  claim: Claim,
  handover: AbortSignal,
): Promise<void> {
  await withSignals(services, signalsLog(conversationId), async (listen) => {
    let current: ReplyExecution | null = null;
    listen(() => current?.checkCancelled()); // every signal is a request to cancel the current reply
    while (!handover.aborted) {
      const reply = await takeNextReply(services, conversationId, claim);
      if (!reply) return;
      current = new ReplyExecution(services, reply, handover);
      await current.execute();
    }
  });
}

/** Writes one reply until it is COMPLETE, FAILED or CANCELLED. After a handover, another worker continues it. */
class ReplyExecution implements StreamedWork {
  readonly stepKey = null;
  readonly ids: { messageId: string };
  readonly #services: Services;
  readonly #reply: ClaimedReply;
  readonly #writer: ReplyWriter;
  readonly #model: ReplyModel;
  readonly #cancel = new AbortController();
  readonly #signal: AbortSignal;
  /** The number of the latest attempt by any worker. */
  #attempt: number;
  /** Why the text of the latest attempt is discarded when another attempt starts. */
  #discardReason = 'The worker stopped. The reply is restarted.';

  constructor(services: Services, reply: ClaimedReply, handover: AbortSignal) {
    this.ids = { messageId: reply.message.id };
    this.#services = services;
    this.#reply = reply;
    this.#writer = new ReplyWriter(services, reply);
    this.#signal = AbortSignal.any([handover, this.#cancel.signal]);
    const onTask = (task: ModelTask) => this.#reportProgress(task);
    this.#model = new ReplyModel(services, reply.payer, { signal: this.#signal, onTask });
    this.#attempt = reply.message.attempt;
  }

  async execute(): Promise<void> {
    const { message } = this.#reply;
    if (message.cancelRequestedAt) return this.#writer.cancel(this.#attempt);
    if (isStalled(message)) return this.fail(STALLED);
    const outcome = await runAttempts(this, { signal: this.#signal, logger: this.#services.logger });
    if (outcome !== 'STOPPED') return;
    if (this.#cancel.signal.aborted) await this.#writer.cancel(this.#attempt);
    else await this.#writer.handOver();
  }

  /** Checks whether the user has cancelled this reply. If the check fails, the user can cancel again. */
  async checkCancelled(): Promise<void> {
    const { database, logger } = this.#services;
    try {
      const row = await database.prisma.message.findUnique({
        where: { id: this.#reply.message.id },
        select: { cancelRequestedAt: true },
      });
      if (!row || row.cancelRequestedAt) this.#cancel.abort();
    } catch (error) {
      logger.warn({ err: error, ...this.ids }, 'cancellation check failed');
    }
  }

  async start(): Promise<StreamedAttempt | null> {
    const message = await this.#writer.startAttempt(this.#discardReason);
    if (!message) return null;
    this.#attempt = message.attempt;
    if (!message.cancelRequestedAt) return this.#attemptOf(message);
    await this.#writer.cancel(message.attempt);
    return null;
  }

  fail(failure: ExecutionErrorData): Promise<void> {
    return this.#writer.fail(failure, this.#attempt);
  }

  /** The next attempt, or the failure of the reply, announces that the text of this attempt is discarded. */
  #attemptOf({ id: messageId, attempt, replyPlan }: Message): StreamedAttempt {
    let call: MeteredCall | null = null;
    return {
      open: async () => {
        const plan = replyPlan === null ? await this.#decide() : replyPlanSchema.parse(replyPlan);
        call = await this.#openReply(plan);
        return call.parts;
      },
      append: (chunk) =>
        this.#reply.log.append({ type: 'MessageDelta', messageId, attempt, ...chunk }, mergeDeltas),
      finish: ({ text }) => this.#writer.complete(text, call!),
      discard: async (reason) => {
        await call?.charge();
        this.#discardReason = reason;
        return true;
      },
      stop: async () => call?.charge(),
    };
  }

  async #decide(): Promise<ReplyPlan> {
    const proposals = await this.#services.database.prisma.designProposal.findMany({
      where: { conversationId: this.#reply.conversation.id },
    });
    const state = await discussionState(this.#services, this.#reply, proposals);
    const turn = await takeTurn(this.#model, this.#services.discussionFallback, state);
    this.#signal.throwIfAborted();
    this.#warnOfBuiltIn(turn);
    await this.#writer.storeTurn(turn, proposals);
    return turn.replyPlan;
  }

  #warnOfBuiltIn({ builtIn }: Turn): void {
    for (const { part, strategy, failure } of builtIn) {
      const { code, message: reason } = failure;
      this.#services.logger.warn(
        { ...this.ids, part, strategy, code, reason },
        'model failed; built-in rules used',
      );
    }
  }

  /** Does not wait for the write: if it fails, so do the following writes to the log, which are awaited. */
  #reportProgress(task: ModelTask): void {
    const event = progressOf(this.#reply.message.id, task);
    if (event) void this.#reply.log.append(event);
  }

  async #openReply(plan: ReplyPlan): Promise<MeteredCall> {
    const messages = await messagesBefore(this.#services, this.#reply);
    const { task, prompt } = replyTo(plan, { messages, context: contextOf(this.#reply) });
    return this.#model.open(task, prompt);
  }
}

const STALLED: ExecutionErrorData = {
  code: 'INTERNAL',
  message: 'The reply was started several times without finishing. Send the message again.',
  stepKey: null,
};
