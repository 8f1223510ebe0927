import type { GraphiQLOptions } from 'graphql-yoga';

/** The page is 9 MB, so it is loaded when somebody asks for it; it needs nothing from the internet. */
export async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const graphiql = await import('@graphql-yoga/render-graphiql');
  return graphiql.renderGraphiQL(options);
}

const SIGN_UP = `# 1. Make an account. Copy accessToken into the Headers of the next tabs.
mutation SignUp {
  register(input: { email: "me@example.com", password: "correct horse battery", displayName: "Me" }) {
    __typename
    ... on AuthSession { accessToken user { id displayName role plan } }
    ... on Error { message }
  }
}
`;

const TALK = `# 2. Say what you need.
mutation Start {
  createConversation(input: { title: "My first pipeline" }) {
    ... on Conversation { id stage }
    ... on Error { message }
  }
}

mutation Say($conversation: ID!) {
  sendMessage(input: { conversationId: $conversation, content: "Compare three electric cars for a family of five." }) {
    ... on SentMessage { message { id } reply { id status } }
    ... on Error { message }
  }
}
`;

const LISTEN = `# 3. Watch the answer come, token by token.
subscription Listen($conversation: ID!) {
  conversationEvents(conversationId: $conversation) {
    __typename
    ... on StreamEvent { seq }
    ... on MessageDeltaEvent { text }
    ... on StageChangedEvent { from to }
    ... on ProposalsReadyEvent { proposals { id strategy title estimatedCost } }
  }
}
`;

const RUN = `# 4. Run a proposal.
mutation Run($proposal: ID!) {
  executePipeline(input: { source: { proposalId: $proposal }, input: "Electric cars for a family of five" }) {
    ... on PipelineExecution { id status estimatedCost }
    ... on Error { message }
  }
}
`;

const WATCH = `# 5. Watch the run; decide when it asks (decideApproval).
subscription Watch($execution: ID!) {
  pipelineProgress(executionId: $execution) {
    __typename
    ... on StreamEvent { seq }
    ... on StepStatusEvent { stepKey status cost }
    ... on ApprovalRequestedEvent { approval { id question } }
    ... on ExecutionEndedEvent { execution { status cost report } }
  }
}
`;

const HEADERS = JSON.stringify({ Authorization: 'Bearer <accessToken>' }, null, 2);

export const GRAPHIQL: GraphiQLOptions = {
  title: 'AgentForge',
  defaultTabs: [
    { query: SIGN_UP },
    { query: TALK, headers: HEADERS, variables: '{ "conversation": "" }' },
    { query: LISTEN, headers: HEADERS, variables: '{ "conversation": "" }' },
    { query: RUN, headers: HEADERS, variables: '{ "proposal": "" }' },
    { query: WATCH, headers: HEADERS, variables: '{ "execution": "" }' },
  ],
};
