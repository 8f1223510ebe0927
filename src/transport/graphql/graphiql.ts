import type { GraphiQLOptions } from 'graphql-yoga';

/** Renders the GraphiQL page. The module is 9 MB, so it is imported on first use; the page loads nothing from the internet. */
export async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const graphiql = await import('@graphql-yoga/render-graphiql');
  return graphiql.renderGraphiQL(options).replace('</head>', `${TAB_STYLE_FIX}</head>`);
}

/** Without it, a tab moves under the pointer on the first touch, and the click is lost. */
const TAB_STYLE_FIX = '<style>.graphiql-tab { transform: none !important }</style>';

const SIGN_UP = `# 1. Create an account: press the play button.
#    Then copy the accessToken into the Headers
#    of the next tab.
mutation SignUp {
  register(input: {
    email: "me@example.com"
    password: "correct horse battery"
    displayName: "Me"
  }) {
    ... on RegisterSuccess { session { accessToken } }
    ... on UserError { message }
  }
}

# Sign in again later.
mutation SignIn {
  login(input: {
    email: "me@example.com"
    password: "correct horse battery"
  }) {
    ... on LoginSuccess { session { accessToken } }
    ... on UserError { message }
  }
}
`;

/** A single tab for all steps, so that the token and each id are pasted once. */
const PIPELINE = `# The play button lets you choose a step.
# Paste each id into Variables, below.

# 2. Create a conversation.
mutation Start {
  createConversation(input: {}) {
    ... on CreateConversationSuccess { conversation { id } }
    ... on UserError { message }
  }
}

# 3. Describe the task.
mutation Say($conversation: ID!) {
  sendMessage(input: {
    conversationId: $conversation
    content: "Compare three electric cars for a family."
  }) {
    ... on SendMessageSuccess { reply { id status } }
    ... on UserError { message }
  }
}

# 4. Stream the reply, token by token.
subscription Listen($conversation: ID!) {
  conversationEvents(conversationId: $conversation) {
    __typename
    ... on StreamEvent { seq }
    ... on ConversationSnapshotEvent { conversation { messages(last: 1) { nodes { content status } } } }
    ... on MessageDeltaEvent { attempt offset text }
    ... on MessageCompletedEvent { message { content } }
  }
}

# 5. List the proposed designs.
query Look($conversation: ID!) {
  conversation(id: $conversation) {
    stage
    proposals { id strategy title summary estimatedCost }
  }
}

# 6. Select a design and confirm it.
mutation Settle($proposal: ID!) {
  selectProposal(input: { proposalId: $proposal }) {
    ... on SelectProposalSuccess { conversation { stage } }
    ... on UserError { message }
  }
  confirmProposal(input: { proposalId: $proposal }) {
    ... on ConfirmProposalSuccess { conversation { stage } }
    ... on UserError { message }
  }
}

# 7. Run the design.
mutation Run($proposal: ID!) {
  executePipeline(input: {
    source: { proposalId: $proposal }
  }) {
    ... on ExecutePipelineSuccess {
      execution { id status estimatedCost }
    }
    ... on UserError { message }
  }
}

# 8. Follow the run.
subscription Watch($execution: ID!) {
  pipelineProgress(executionId: $execution, after: 0) {
    __typename
    ... on StreamEvent { seq }
    ... on StepStatusEvent { stepKey stepStatus cost }
    ... on ApprovalRequestedEvent {
      approval { id question }
    }
    ... on ExecutionEndedEvent {
      execution { status cost report }
    }
  }
}

# 9. Read what the run asks, whole.
query Ask($approval: ID!) {
  approvalRequest(id: $approval) {
    timing question round
    subject {
      title prompt output hash
      inputs { stepKey title output }
    }
  }
}

# 10. Decide. Put your own prompt (BEFORE_STEP) or
#     output (AFTER_STEP) into Variables to change
#     it: it runs, or stands, as you have written it.
mutation Decide($approval: ID!, $prompt: String, $output: String) {
  decideApproval(input: {
    approvalId: $approval
    decision: APPROVE
    edits: { prompt: $prompt, output: $output }
  }) {
    ... on DecideApprovalSuccess {
      approval { status decision editedPrompt editedOutput }
    }
    ... on UserError { message }
  }
}
`;

const HEADERS = JSON.stringify({ Authorization: 'Bearer <accessToken>' }, null, 2);

const VARIABLES = JSON.stringify(
  { conversation: '', proposal: '', execution: '', approval: '', prompt: null, output: null },
  null,
  2,
);

export const GRAPHIQL: GraphiQLOptions = {
  title: 'AgentForge',
  defaultTabs: [{ query: SIGN_UP }, { query: PIPELINE, headers: HEADERS, variables: VARIABLES }],
};
