import type { ResultOf } from '@graphql-typed-document-node/core';
import { ConversationEventsDocument, SendMessageDocument } from '../tools/product/documents/graphql.ts';
import { type ApiClient, type Connection, take } from '../tools/product/api-client.ts';
import { MarkdownWriter } from './markdown-writer.ts';
import { dollars, micros } from './money.ts';
import { paint, spinner, type Terminal } from './terminal.ts';

/** A conversation as a person has it: say something, watch the reply being written. */
export class Discussion {
  readonly #api: ApiClient;
  readonly #terminal: Terminal;
  readonly #conversationId: string;
  readonly #events: AsyncGenerator<ResultOf<typeof ConversationEventsDocument>>;

  constructor(api: ApiClient, connection: Connection, terminal: Terminal, conversationId: string) {
    this.#api = api;
    this.#terminal = terminal;
    this.#conversationId = conversationId;
    this.#events = connection.subscribe(ConversationEventsDocument, { conversationId, after: 0 });
  }

  /** Prints the reply as it comes. Gives the proposals that came with it. Errors: when the reply fails. */
  async say(content: string): Promise<Proposal[]> {
    const startedAt = performance.now();
    this.#terminal.say(paint('cyan', '  ›'), content, 'bold');
    const { sendMessage } = await this.#api.request(SendMessageDocument, {
      input: { conversationId: this.#conversationId, content },
    });
    const { reply } = take(sendMessage, 'SendMessageSuccess');
    const turn = new Turn(this.#terminal, startedAt);
    for (;;) {
      const { value: data, done } = await this.#events.next();
      if (done) throw new Error('The stream of the conversation ended.');
      turn.show(data.conversationEvents);
      if (data.conversationEvents.__typename !== 'MessageCompletedEvent') continue;
      if (data.conversationEvents.message.id === reply.id) return turn.proposals;
    }
  }
}

/** One reply on the screen. */
class Turn {
  proposals: Proposal[] = [];
  readonly #terminal: Terminal;
  readonly #startedAt: number;
  readonly #stages: string[] = [];
  #text: MarkdownWriter | null = null;
  #pieces = 0;
  #firstPieceMs = 0;

  constructor(terminal: Terminal, startedAt: number) {
    this.#terminal = terminal;
    this.#startedAt = startedAt;
    terminal.print('');
    terminal.live(() => [`    ${spinner()} ${paint('dim', this.#stages.at(-1) ?? 'thinking')}`]);
  }

  show(event: ConversationEvent): void {
    if (event.__typename === 'StageChangedEvent') {
      if (this.#stages.length === 0) this.#stages.push(event.from);
      this.#stages.push(event.to);
    }
    if (event.__typename === 'ProposalReadyEvent') this.proposals.push(event.proposal);
    if (event.__typename === 'MessageDeltaEvent') this.#write(event.text);
    if (event.__typename === 'MessageAttemptDiscardedEvent') this.#discard(event.reason);
    if (event.__typename === 'MessageCompletedEvent') this.#end(event.message);
  }

  #write(text: string): void {
    if (this.#pieces++ === 0) this.#firstPieceMs = performance.now() - this.#startedAt;
    this.#text ??= this.#begin();
    this.#text.push(text);
  }

  #begin(): MarkdownWriter {
    this.#terminal.settle({ keep: false });
    return new MarkdownWriter(this.#terminal);
  }

  /** Only what was shown needs a word. */
  #discard(reason: string): void {
    if (!this.#text) return;
    this.#text.end();
    this.#text = null;
    this.#terminal.print('');
    this.#terminal.say('   ', `The text above is void, the reply starts again: ${reason}`, 'yellow');
    this.#terminal.print('');
  }

  #end(message: CompletedMessage): void {
    this.#terminal.settle({ keep: false });
    this.#text?.end();
    if (message.status !== 'COMPLETE') {
      throw new Error(`The reply is ${message.status}. ${message.error?.code}: ${message.error?.message}`);
    }
    const facts = [
      `first token after ${(this.#firstPieceMs / 1_000).toFixed(1)} s`,
      `${this.#pieces} pieces`,
      dollars(micros(message.cost)),
      this.#stages.join(' → '),
    ];
    this.#terminal.print('');
    this.#terminal.say('   ', facts.filter(Boolean).join(' · '), 'dim');
  }
}

type ConversationEvent = ResultOf<typeof ConversationEventsDocument>['conversationEvents'];
type CompletedMessage = Extract<ConversationEvent, { __typename: 'MessageCompletedEvent' }>['message'];
export type Proposal = Extract<ConversationEvent, { __typename: 'ProposalReadyEvent' }>['proposal'];
