import { storableJson } from '../../../core/text/storable-text.ts';
import type { Conversation, DesignProposal, Message } from '../../../generated/prisma/client.ts';
import type { Tx } from '../../../infra/database.ts';
import type { Services } from '../../../kernel/context.ts';
import type { ExecutionErrorData } from '../../../kernel/execution-error.ts';
import type { Notice } from '../../../kernel/notice.ts';
import type { ConversationEvent } from '../../conversations/events.ts';
import { UNTITLED } from '../../conversations/service.ts';
import { textInLog } from '../../conversations/snapshot.ts';
import type { MeteredCall } from '../../usage/metered-call.ts';
import { usageNotices } from '../../usage/usage-notices.ts';
import { builtInNotices } from '../engine/built-in.ts';
import { currentProposals } from '../engine/proposal.ts';
import type { Turn } from '../engine/turn.ts';
import { enterStages } from '../service.ts';
import type { ClaimedReply } from './claimed-reply.ts';

/**
 * The writes of the worker that has claimed a reply, each one transaction under the claim's fence. A commit may succeed
 * although its confirmation is lost with the connection. So an attempt starts by reading the row again, and a reply
 * ends only once.
 */
export class ReplyWriter {
  readonly #services: Pick<Services, 'eventLog' | 'clock'>;
  readonly #id: string;
  readonly #conversation: Readonly<Conversation>;
  readonly #log: ClaimedReply['log'];

  constructor(
    services: Pick<Services, 'eventLog' | 'clock'>,
    { message, conversation, log }: Pick<ClaimedReply, 'message' | 'conversation' | 'log'>,
  ) {
    this.#services = services;
    this.#id = message.id;
    this.#conversation = conversation;
    this.#log = log;
  }

  /**
   * Starts the next attempt, and discards the text of the previous one, if any, for this reason. Returns the row of the
   * reply. Null when the reply has ended.
   */
  async startAttempt(reason: string): Promise<Message | null> {
    return this.#log.write(async (tx, emit) => {
      const [started] = await tx.prisma.message.updateManyAndReturn({
        where: { id: this.#id, status: 'STREAMING' },
        data: { attempt: { increment: 1 } },
      });
      if (!started) return null;
      if (started.attempt > 1) emit(this.#discarded(started.attempt - 1, reason));
      return started;
    });
  }

  /** Stores the decisions of a turn: memory, stages, designs and the plan of the reply. */
  async storeTurn(turn: Turn, earlier: DesignProposal[]): Promise<void> {
    const conversation = this.#conversation;
    await this.#log.write(async (tx, emit) => {
      await tx.prisma.conversation.update({ where: { id: conversation.id }, data: turn.memory });
      if (turn.title) {
        const untitled = { id: conversation.id, title: UNTITLED };
        await tx.prisma.conversation.updateMany({ where: untitled, data: { title: turn.title } });
      }
      await enterStages(tx, conversation, turn.transitions);
      const stored = await this.#storeProposals(tx, turn, earlier);
      for (const { id: proposalId } of stored) emit({ type: 'ProposalReady', proposalId });
      emit({ type: 'ConversationChanged', conversationId: conversation.id });
      const notices = builtInNotices(turn.builtIn);
      const data = { replyPlan: turn.replyPlan, notices, stalledClaims: 0 };
      await tx.prisma.message.update({ where: { id: this.#id }, data });
    });
  }

  /** Leaves the reply to another worker. A claim that ends with a handover does not count as stalled. */
  async handOver(): Promise<void> {
    const where = { id: this.#id };
    await this.#log.write((tx) => tx.prisma.message.update({ where, data: { stalledClaims: 0 } }));
  }

  /** Completes the reply with the text of the attempt. Adds the notices to those of the turn. */
  async complete(content: string, notices: Notice[], call: Pick<MeteredCall, 'settle'>): Promise<void> {
    await this.#end({ status: 'COMPLETE', content }, async (tx) => {
      const all = [...notices, ...usageNotices(await call.settle(tx), { what: 'The reply' })];
      if (all.length > 0) await this.#addNotices(tx, all);
    });
  }

  /** Completes the reply with a text for which no model was called. */
  async completeBuiltIn(content: string, notices: Notice[]): Promise<void> {
    await this.#end({ status: 'COMPLETE', content, notices });
  }

  /** Cancels the reply. It keeps the text that the attempt has written so far. */
  async cancel(attempt: number): Promise<void> {
    const written = { id: this.#id, conversationId: this.#conversation.id, attempt };
    await this.#end({ status: 'CANCELLED', content: await textInLog(this.#services.eventLog, written) });
  }

  /**
   * Fails the reply and discards the text of the attempt. A stored turn stays: when e.g. AUTH fails only the text,
   * its designs are a model's work from before.
   */
  async fail(failure: ExecutionErrorData, attempt: number): Promise<void> {
    await this.#end({ status: 'FAILED', error: { ...failure } }, async (_tx, emit) => {
      if (attempt > 0) emit(this.#discarded(attempt, failure.message));
    });
  }

  async #end(
    data: { status: Message['status']; content?: string; notices?: Notice[]; error?: object },
    also?: (tx: Tx, emit: (event: ConversationEvent) => void) => Promise<void>,
  ): Promise<void> {
    const id = this.#id;
    const now = this.#services.clock();
    await this.#log.write(async (tx, emit) => {
      const { count } = await tx.prisma.message.updateMany({
        where: { id, status: 'STREAMING' },
        data: { ...data, finishedAt: now },
      });
      if (count === 0) return; // it has already ended
      await also?.(tx, emit);
      const where = { id: this.#conversation.id };
      await tx.prisma.conversation.update({ where, data: { updatedAt: now } });
      emit({ type: 'MessageCompleted', messageId: id });
    });
  }

  async #storeProposals(tx: Tx, turn: Turn, earlier: DesignProposal[]): Promise<DesignProposal[]> {
    const { id: conversationId, tenantId } = this.#conversation;
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
    const selected = currentProposals([...earlier, ...stored]).find(
      ({ strategy }) => strategy === turn.selected,
    );
    await tx.prisma.designProposal.updateMany({ where: { conversationId }, data: { selected: false } });
    if (selected)
      await tx.prisma.designProposal.update({ where: { id: selected.id }, data: { selected: true } });
    return stored;
  }

  /** In SQL, since Prisma cannot append to a list in JSON. */
  async #addNotices(tx: Tx, notices: Notice[]): Promise<void> {
    const added = storableJson(notices);
    await tx.sql('UPDATE messages SET notices = notices || $2::jsonb WHERE id = $1', [this.#id, added]);
  }

  #discarded(attempt: number, reason: string): ConversationEvent {
    return { type: 'MessageAttemptDiscarded', messageId: this.#id, attempt, reason };
  }
}
