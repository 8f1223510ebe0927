import type { Claim } from '../../../core/claims/claim-keeper.ts';
import type { Log } from '../../../core/event-log/log.ts';
import type { Conversation, DesignProposal, Message } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Services } from '../../../kernel/context.ts';
import { UNTITLED } from '../../conversations/service.ts';
import { textInLog } from '../../conversations/snapshot.ts';
import { type ConversationEvent, conversationLog } from '../../conversations/events.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import type { Payer } from '../../usage/budget.ts';
import type { MeteredCall } from '../../usage/metered-call.ts';
import { type ReplyPlan, replyPlanSchema } from '../engine/reply-plan.ts';
import { currentProposals } from '../engine/proposal.ts';
import { enterStages } from '../service.ts';
import type { Turn } from '../engine/turn.ts';

/**
 * A reply in the hands of the worker that claimed its conversation. Every write is one transaction under the claim's
 * fence, so a worker that lost the claim changes nothing. The answer of a write may be lost with its connection
 * although it stands; so an attempt begins by reading the row again, and a reply ends once.
 */
export class ClaimedReply {
  readonly services: Services;
  readonly claim: Claim;
  readonly message: Message;
  readonly conversation: Conversation;
  /** The person's message that it answers. */
  readonly question: Message;
  readonly payer: Payer;

  /** The reply whose turn it is: the one under way, else the oldest that waits; null when all are done. */
  static async next(services: Services, conversationId: string, claim: Claim): Promise<ClaimedReply | null> {
    return services.database.transact(async (tx) => {
      tx.guard(conversationLog(conversationId), claim.fence);
      await tx.sql('SELECT id FROM conversations WHERE id = $1 FOR UPDATE', [conversationId]);
      const message = await tx.prisma.message.findFirst({
        where: { conversationId, status: { in: ['STREAMING', 'QUEUED'] } },
        orderBy: { position: 'asc' },
        include: { conversation: true },
      });
      if (!message) return null;
      const { conversation, ...row } = message;
      await tx.prisma.message.update({
        where: { id: row.id },
        data: { status: 'STREAMING', stalledClaims: { increment: 1 } },
      });
      const question = await tx.prisma.message.findUniqueOrThrow({
        where: { conversationId_position: { conversationId, position: row.position - 1 } },
      });
      const owner = await tx.prisma.user.findUniqueOrThrow({ where: { id: conversation.ownerId } });
      return new ClaimedReply(services, claim, row, conversation, question, owner.plan);
    });
  }

  private constructor(
    services: Services,
    claim: Claim,
    message: Message,
    conversation: Conversation,
    question: Message,
    plan: Payer['plan'],
  ) {
    this.services = services;
    this.claim = claim;
    this.message = message;
    this.conversation = conversation;
    this.question = question;
    this.payer = {
      tenantId: conversation.tenantId,
      userId: conversation.ownerId,
      plan,
      conversationId: conversation.id,
      messageId: message.id,
    };
  }

  get log(): Log<ConversationEvent> {
    return conversationLog(this.conversation.id);
  }

  /** What was decided in an earlier attempt, by this process or by one that died. */
  get plan(): ReplyPlan | null {
    return this.message.brief === null ? null : replyPlanSchema.parse(this.message.brief);
  }

  /**
   * Begins the next attempt, and says why the text of the one before, if there was one, is void. False when the reply
   * has ended.
   */
  async startAttempt(reason: string): Promise<boolean> {
    const row = await this.#write(async (tx) => {
      const [begun] = await tx.prisma.message.updateManyAndReturn({
        where: { id: this.message.id, status: 'STREAMING' },
        data: { attempt: { increment: 1 } },
      });
      if (begun && begun.attempt > 1) this.#discard(tx, begun.attempt - 1, reason);
      return begun;
    });
    Object.assign(this.message, row);
    return row !== undefined;
  }

  /** Stores what a turn decided: memory, stages, designs, and what the reply is going to say. */
  async storeTurn(turn: Turn, earlier: DesignProposal[]): Promise<void> {
    const { conversation, message } = this;
    await this.#write(async (tx) => {
      await tx.prisma.conversation.update({ where: { id: conversation.id }, data: turn.memory });
      if (turn.title) {
        const untitled = { id: conversation.id, title: UNTITLED };
        await tx.prisma.conversation.updateMany({ where: untitled, data: { title: turn.title } });
      }
      await enterStages(tx, conversation, turn.transitions, this.claim.fence);
      await this.#storeProposals(tx, turn, earlier);
      const data = { brief: turn.replyPlan, stalledClaims: 0 };
      await tx.prisma.message.update({ where: { id: message.id }, data });
    });
    message.brief = turn.replyPlan;
  }

  /** Leaves the reply to another worker. A claim that ends like this has not stalled. */
  async handOver(): Promise<void> {
    await this.#write(async (tx) => {
      await tx.prisma.message.update({ where: { id: this.message.id }, data: { stalledClaims: 0 } });
    });
  }

  /** The attempt's text stands. */
  async complete(content: string, call: MeteredCall): Promise<void> {
    await this.#end({ status: 'COMPLETE', content }, (tx) => call.settle(tx));
  }

  /** What was written by then stands. */
  async cancel(): Promise<void> {
    await this.#end({
      status: 'CANCELLED',
      content: await textInLog(this.services.eventLog, this.message),
    });
  }

  /** The attempt's text is void, and there will be no other. */
  async fail(error: ExecutionErrorData): Promise<void> {
    await this.#end({ status: 'FAILED', error: { ...error } }, (tx) =>
      this.#discard(tx, this.message.attempt, error.message),
    );
  }

  async #end(
    data: { status: Message['status']; content?: string; error?: object },
    also?: (tx: Tx) => unknown,
  ): Promise<void> {
    const { id } = this.message;
    await this.#write(async (tx) => {
      const now = this.services.clock();
      const { count } = await tx.prisma.message.updateMany({
        where: { id, status: 'STREAMING' },
        data: { ...data, finishedAt: now },
      });
      if (count === 0) return; // it has ended already
      await also?.(tx);
      await tx.prisma.conversation.update({ where: { id: this.conversation.id }, data: { updatedAt: now } });
      this.#emit(tx, { type: 'MessageCompleted', messageId: id });
    });
  }

  async #storeProposals(tx: Tx, turn: Turn, earlier: DesignProposal[]): Promise<void> {
    const { id: conversationId, tenantId } = this.conversation;
    const versions = new Map(
      currentProposals(earlier).map((proposal) => [proposal.strategy, proposal.version]),
    );
    const stored: DesignProposal[] = [];
    for (const proposal of turn.proposals) {
      const version = (versions.get(proposal.strategy) ?? 0) + 1;
      const critique = { ...proposal.critique };
      const data = { ...proposal, critique, conversationId, tenantId, version };
      stored.push(await tx.prisma.designProposal.create({ data }));
    }
    await this.#select(tx, turn.selected, [...earlier, ...stored]);
    if (stored.length === 0) return;
    this.#emit(tx, { type: 'ProposalsReady', proposalIds: stored.map((proposal) => proposal.id) });
  }

  async #select(tx: Tx, strategy: Turn['selected'], all: DesignProposal[]): Promise<void> {
    const selected = currentProposals(all).find((proposal) => proposal.strategy === strategy);
    await tx.prisma.designProposal.updateMany({
      where: { conversationId: this.conversation.id },
      data: { selected: false },
    });
    if (!selected) return;
    await tx.prisma.designProposal.update({ where: { id: selected.id }, data: { selected: true } });
  }

  #discard(tx: Tx, attempt: number, reason: string): void {
    this.#emit(tx, { type: 'MessageAttemptDiscarded', messageId: this.message.id, attempt, reason });
  }

  #write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.services.database.transact((tx) => {
      tx.guard(this.log, this.claim.fence);
      return work(tx);
    });
  }

  #emit(tx: Tx, event: ConversationEvent): void {
    tx.append(this.log, event, this.claim.fence);
  }
}
