import type { Account, TestApp } from './app.ts';
import { eventually } from './eventually.ts';
import { readEvents } from './sse.ts';

/**
 * A reader of one stream, like a client with an unreliable connection: it keeps the events that it has read, and each
 * new connection continues after them. Only an explicit `complete` ends the stream.
 */
export class Reader {
  readonly events: StreamEvent[] = [];
  readonly #stream: Stream;
  /** Default: the stream starts with a snapshot. */
  #after: number | undefined;
  #connection: Connection | null = null;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#after = stream.after;
  }

  /** The next event. Null when the stream is complete. Errors: StreamError; the loss of the connection. */
  async next(): Promise<StreamEvent | null> {
    const { field, id, transport } = this.#stream;
    this.#connection ??= await TRANSPORTS[transport](this.#stream, QUERIES[field], {
      id,
      after: this.#after,
    });
    const result = await this.#connection.next();
    if (!result) return null;
    if (!result.data) throw new StreamError(result.errors ?? []);
    const { event } = result.data;
    this.events.push(event);
    this.#after = event.seq;
    return event;
  }

  /** Drops the connection without closing it; `next` opens another. */
  cut(): void {
    this.#connection?.cut();
    this.#connection = null;
  }

  /** Reads until an event satisfies `isLast`, or until the stream is complete. */
  async readUntil(isLast: (event: StreamEvent) => boolean): Promise<void> {
    for (let event = await this.next(); event; event = await this.next()) if (isLast(event)) break;
  }

  get seqs(): number[] {
    return this.events.map((event) => event.seq);
  }
}

/** The text that a client shows for these events, by step or by message. Errors: when a chunk has the wrong offset. */
export function textsIn(events: StreamEvent[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const event of events) {
    const key = event.stepKey ?? event.messageId ?? '';
    if (event.text !== undefined) {
      const before = texts[key] ?? '';
      if (event.offset !== before.length)
        throw new Error(`piece ${JSON.stringify(event)} comes after ${before.length} units`);
      texts[key] = before + event.text;
    }
    if (event.__typename.endsWith('DiscardedEvent')) texts[key] = '';
    for (const step of event.snapshot?.steps ?? []) texts[step.key] = step.output ?? '';
    for (const { node } of event.snapshot?.messages?.edges ?? []) texts[node.id] = node.content;
  }
  return texts;
}

/** The error that the server returned instead of a stream. */
export class StreamError extends Error {
  readonly code: unknown;

  constructor(errors: NonNullable<Result['errors']>) {
    super(JSON.stringify(errors));
    this.code = errors[0]?.extensions?.['code'];
  }
}

const TRANSPORTS = { WebSocket: overWebSocket, SSE: overSse };

async function overWebSocket(
  { app, account }: Stream,
  query: string,
  variables: object,
): Promise<Connection> {
  const socket = await app.rawSocket();
  await socket.init({ token: account.token });
  socket.subscribe('1', query, variables);
  let read = 0;
  return {
    async next() {
      const message = await eventually(() => {
        const arrived = socket.messages.filter(({ id }) => id === '1')[read];
        return arrived ?? (socket.isOpen ? false : { type: 'closed', payload: undefined });
      }, PATIENCE);
      read += 1;
      if (message.type === 'next') return message.payload as Result;
      if (message.type === 'error') return { errors: message.payload as Result['errors'] };
      if (message.type === 'complete') return null;
      throw new Error('the socket was closed in the middle of the stream');
    },
    cut: () => socket.close(),
  };
}

async function overSse({ app, account }: Stream, query: string, variables: object): Promise<Connection> {
  const aborter = new AbortController();
  const response = await fetch(app.url(), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${account.token}`,
    },
    body: JSON.stringify({ query, variables }),
    signal: aborter.signal,
  });
  const events = readEvents(response);
  return {
    async next() {
      const { value } = await events.next();
      if (value?.event === 'next') return JSON.parse(value.data) as Result;
      if (value?.event === 'complete') return null;
      throw new Error('the response ended in the middle of the stream');
    },
    cut: () => aborter.abort(),
  };
}

const STEPS = 'status steps { key status output }';
const MESSAGES = 'messages(last: 10) { edges { node { id status content } } }';

const EXECUTION_EVENT = `
  ... on StreamEvent { seq }
  ... on ExecutionSnapshotEvent { snapshot: execution { ${STEPS} } }
  ... on ExecutionEndedEvent { execution { ${STEPS} } }`;

const TOKEN_PARTS = `
  ... on AgentTokenEvent { stepKey attempt offset text }
  ... on AttemptDiscardedEvent { stepKey attempt reason }`;

const PROGRESS_PARTS = `
  ... on StepStatusEvent { stepKey stepStatus attempt }
  ... on ExecutionStatusEvent { executionStatus }`;

const QUERIES = {
  executionEvents: `subscription ($id: ID!, $after: Int) {
    event: executionEvents(executionId: $id, after: $after) {
      __typename ${EXECUTION_EVENT} ${TOKEN_PARTS} ${PROGRESS_PARTS}
    } }`,
  agentTokens: `subscription ($id: ID!, $after: Int) {
    event: agentTokens(executionId: $id, after: $after) {
      __typename ${EXECUTION_EVENT} ${TOKEN_PARTS}
    } }`,
  pipelineProgress: `subscription ($id: ID!, $after: Int) {
    event: pipelineProgress(executionId: $id, after: $after) {
      __typename ${EXECUTION_EVENT} ${PROGRESS_PARTS}
    } }`,
  conversationEvents: `subscription ($id: ID!, $after: Int) {
    event: conversationEvents(conversationId: $id, after: $after) {
      __typename ... on StreamEvent { seq }
      ... on MessageDeltaEvent { messageId attempt offset text }
      ... on MessageAttemptDiscardedEvent { messageId attempt reason }
      ... on MessageCompletedEvent { message { id status content } }
      ... on ConversationSnapshotEvent { snapshot: conversation { ${MESSAGES} } }
    } }`,
};

/** A stopped worker is replaced within ten seconds. */
const PATIENCE = { timeoutMs: 15_000 };

export interface Stream {
  app: TestApp;
  account: Account;
  transport: Transport;
  field: keyof typeof QUERIES;
  /** The id of the run or of the conversation. */
  id: string;
  after?: number;
}

export type Transport = keyof typeof TRANSPORTS;

export interface StreamEvent {
  __typename: string;
  seq: number;
  stepKey?: string;
  messageId?: string;
  attempt?: number;
  reason?: string;
  offset?: number;
  text?: string;
  stepStatus?: string;
  executionStatus?: string;
  message?: { id: string; status: string; content: string };
  execution?: { status: string; steps: Step[] };
  snapshot?: {
    status?: string;
    steps?: Step[];
    messages?: { edges: { node: { id: string; status: string; content: string } }[] };
  };
}

interface Step {
  key: string;
  status: string;
  output: string | null;
}

interface Connection {
  /** Null when the stream is complete. */
  next(): Promise<Result | null>;
  cut(): void;
}

interface Result {
  data?: { event: StreamEvent };
  errors?: { message: string; extensions?: Record<string, unknown> }[];
}
