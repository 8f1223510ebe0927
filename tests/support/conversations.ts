import type { Notice } from '../../src/kernel/notice.ts';
import type { Account, TestApp } from './app.ts';
import { eventually } from './eventually.ts';

export async function openConversation(app: TestApp, account: Account): Promise<string> {
  const made = await app.mutate<{ conversation: { id: string } }>(
    'createConversation',
    {},
    '... on CreateConversationSuccess { conversation { id } }',
    account,
  );
  return made.conversation.id;
}

/** Sends a message and waits for the reply to end. */
export async function talk(
  app: TestApp,
  account: Account,
  conversationId: string,
  content: string,
): Promise<Message> {
  const { reply } = await send(app, account, conversationId, content);
  return replyEnded(app, account, reply!.id);
}

export function send(
  app: TestApp,
  account: Account,
  conversationId: string,
  content: string,
  more: object = {},
) {
  return app.mutate<Sent>(
    'sendMessage',
    { conversationId, content, ...more },
    `... on SendMessageSuccess { userMessage { id content notices { code message stepKey source } } reply { id status } }
     ... on ConflictError { current { id } }`,
    account,
  );
}

export function replyEnded(app: TestApp, account: Account, id: string): Promise<Message> {
  return eventually(
    async () => {
      const message = await readMessage(app, account, id);
      if (message.status === 'STREAMING' || message.status === 'QUEUED')
        throw new Error(`still ${message.status}`);
      return message;
    },
    { timeoutMs: 25_000, intervalMs: 25 },
  );
}

export async function readMessage(app: TestApp, account: Account, id: string): Promise<Message> {
  const { data, errors } = await app.graphql<{ node: Message }>(
    `query ($id: ID!) { node(id: $id) { ... on Message { id status content cost error { code message } notices { code message stepKey source } } } }`,
    { id },
    account,
  );
  if (!data?.node) throw new Error(`no message: ${JSON.stringify(errors)}`);
  return data.node;
}

export async function readConversation(app: TestApp, account: Account, id: string): Promise<Conversation> {
  const { data, errors } = await app.graphql<{ conversation: Conversation }>(
    `query ($id: ID!) { conversation(id: $id) {
      id title stage agreedRequirements openQuestions preferences cost
      proposals { id strategy version source selected title changes estimatedCost estimatedSeconds
        critique { score strengths weaknesses suggestions source }
        design { mermaid steps { key agent model dependsOn approval { question } } } }
      messages(first: 100) { edges { node { id role status content cost } } }
    } }`,
    { id },
    account,
  );
  if (!data?.conversation) throw new Error(`no conversation: ${JSON.stringify(errors)}`);
  return data.conversation;
}

export const NEED = 'I need a weekly report about electric cargo bikes for city logistics teams.';

interface Sent {
  __typename: string;
  message?: string;
  userMessage?: { id: string; content: string; notices: Notice[] };
  reply?: { id: string; status: string };
  current?: { id: string } | null;
}

export interface Message {
  id: string;
  status: string;
  content: string;
  cost: string;
  error: { code: string; message: string } | null;
  notices: Notice[];
}

export interface Conversation {
  id: string;
  title: string;
  stage: string;
  agreedRequirements: string[];
  openQuestions: string[];
  preferences: string[];
  cost: string;
  proposals: {
    id: string;
    strategy: string;
    version: number;
    source: string;
    selected: boolean;
    title: string;
    changes: string[];
    estimatedCost: string;
    estimatedSeconds: number;
    critique: {
      score: number;
      strengths: string[];
      weaknesses: string[];
      suggestions: string[];
      source: string;
    };
    design: {
      mermaid: string;
      steps: {
        key: string;
        agent: string;
        model: string | null;
        dependsOn: string[];
        approval: { question: string } | null;
      }[];
    };
  }[];
  messages: {
    edges: { node: { id: string; role: string; status: string; content: string; cost: string } }[];
  };
}
