import type { Claim } from '../../../core/claims/claim-keeper.ts';
import type { ModelTask } from '../../../core/llm/language-model.ts';
import type { RouteTrial } from '../../../core/llm/route-trial.ts';
import type { Message } from '../../../generated/prisma/client.ts';
import type { Services } from '../../../kernel/context.ts';
import { signalsLog } from '../../../kernel/events/signals.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import type { Notice } from '../../../kernel/notice.ts';
import { withSignals } from '../../../kernel/work/claimed-work.ts';
import { cutNotices } from '../../../kernel/work/cut-notice.ts';
import { handOverAfterOutage, isStalled } from '../../../kernel/work/retry-policy.ts';
import {
  runAttempts,
  type StreamedAttempt,
  type StreamedWork,
} from '../../../kernel/work/streamed-attempt.ts';
import { mergeDeltas } from '../../conversations/events.ts';
import type { MeteredCall } from '../../usage/metered-call.ts';
import { type BuiltInPart, builtInNotices } from '../engine/built-in.ts';
import { REPLY_OUTPUT_TOKENS, replyTo } from '../engine/reply.ts';
import { type ReplyPlan, replyPlanSchema } from '../engine/reply-plan.ts';
import { failureOf, type GenerationFailure } from '../engine/structured-model.ts';
import { takeTurn } from '../engine/turn.ts';
import { bookAbandonedReply, type ClaimedReply, takeNextReply } from './claimed-reply.ts';
import { contextOf, discussionState, messagesBefore } from './discussion-state.ts';
import { ReplyModel } from './reply-model.ts';
import { progressOf } from './reply-progress.ts';
import { ReplyWriter } from './reply-writer.ts';

/**
 * Writes the replies of a claimed conversation, one after the other, until none is left.
 *
 * A reply is first decided, then written. The decisions (designs, stages, memory and the plan of the reply) are stored
 * in one transaction; from then on any worker can write the text. The text is streamed into the log of the
 * conversation; a failed attempt is discarded there and retried. When the model stays away, the built-in rules write
 * the text.
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
      await bookAbandonedReply(services, reply);
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

  get trial(): RouteTrial {
    return this.#model.trial;
  }

  async execute(): Promise<void> {
    const { message } = this.#reply;
    if (message.cancelRequestedAt) return this.#writer.cancel(this.#attempt);
    if (isStalled(message)) return this.#writer.fail(STALLED, this.#attempt);
    const attempts = () => runAttempts(this, { signal: this.#signal, logger: this.#services.logger });
    const outcome = await handOverAfterOutage(attempts, () => this.#writer.handOver());
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
    const message = await this.#startAttempt();
    return message && this.#attemptOf(message);
  }

  /** Fails the reply, or finishes it without the model, which stayed away through all retries. */
  async fail(failure: ExecutionErrorData, error: unknown): Promise<void> {
    const cause = failureOf(error);
    if (!cause) return this.#writer.fail(failure, this.#attempt);
    const message = await this.#startAttempt();
    if (message) await this.#writeBuiltIn(message, cause);
  }

  /** The row of the reply in its next attempt; null when the reply has ended. */
  async #startAttempt(): Promise<Message | null> {
    const message = await this.#writer.startAttempt(this.#discardReason);
    if (!message) return null;
    this.#attempt = message.attempt;
    if (!message.cancelRequestedAt) return message;
    await this.#writer.cancel(message.attempt);
    return null;
  }

  /** The next attempt, or the failure of the reply, announces that the text of this attempt is discarded. */
  #attemptOf({ id: messageId, attempt, replyPlan }: Message): StreamedAttempt {
    let call: MeteredCall | null = null;
    return {
      open: async () => {
        const plan = replyPlan === null ? await this.#decide() : replyPlanSchema.parse(replyPlan);
        call = await this.#openReply(plan, attempt);
        return call.parts;
      },
      append: (chunk) =>
        this.#reply.log.append({ type: 'MessageDelta', messageId, attempt, ...chunk }, mergeDeltas),
      finish: ({ text, end }) => {
        const { maxOutputTokens } = call!;
        const isLowered = maxOutputTokens < REPLY_OUTPUT_TOKENS;
        const notices = cutNotices(end, { what: 'The reply', maxOutputTokens, isLowered });
        return this.#writer.complete(text, notices, call!);
      },
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
    this.#warnOfBuiltIn(turn.builtIn);
    await this.#writer.storeTurn(turn, proposals);
    return turn.replyPlan;
  }

  /** The plan is stored by then: a turn answers such failures itself. */
  async #writeBuiltIn(message: Message, failure: GenerationFailure): Promise<void> {
    const { id: messageId, attempt, replyPlan, notices } = message;
    const builtIn: BuiltInPart[] = [{ part: 'REPLY', strategy: null, failure }];
    this.#warnOfBuiltIn(builtIn);
    const text = this.#services.discussionFallback.reply(replyPlanSchema.parse(replyPlan));
    await this.#reply.log.append({ type: 'MessageDelta', messageId, attempt, offset: 0, text });
    await this.#writer.completeBuiltIn(text, [...(notices as Notice[]), ...builtInNotices(builtIn)]);
  }

  #warnOfBuiltIn(parts: readonly BuiltInPart[]): void {
    for (const { part, strategy, failure } of parts) {
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

  async #openReply(plan: ReplyPlan, attempt: number): Promise<MeteredCall> {
    const messages = await messagesBefore(this.#services, this.#reply);
    const { task, prompt } = replyTo(plan, { messages, context: contextOf(this.#reply) });
    return this.#model.open(task, prompt, attempt);
  }
}

const STALLED: ExecutionErrorData = {
  code: 'INTERNAL',
  message: 'The reply was started several times without finishing. Send the message again.',
  stepKey: null,
};
