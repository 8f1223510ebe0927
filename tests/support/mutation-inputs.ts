import { NEED } from './conversations.ts';

/**
 * A valid input for each mutation. Mutations that take an id name the type of its object. `withoutId`: an input that
 * needs no object, if the mutation has one.
 */
export const MUTATION_INPUTS: Record<string, MutationInput> = {
  register: {
    withoutId: () => ({
      email: `${crypto.randomUUID()}@example.com`,
      password: 'correct horse battery',
      displayName: 'Ann',
    }),
  },
  requestPasswordReset: { withoutId: () => ({ email: 'nobody@example.com' }) },
  resetPassword: { withoutId: () => ({ token: 'none', newPassword: 'correct horse battery' }) },
  verifyEmail: { withoutId: () => ({ token: 'none' }) },
  inviteUser: { withoutId: () => ({ email: `${crypto.randomUUID()}@example.com`, role: 'USER' }) },
  revokeInvitation: {
    of: 'Invitation',
    withId: (invitationId) => ({ invitationId }),
    allowedTo: ['admin'],
  },
  login: { withoutId: () => ({ email: 'nobody@example.com', password: 'correct horse battery' }) },
  refreshSession: { withoutId: () => ({ refreshToken: 'none' }) },
  logout: { withoutId: () => ({ refreshToken: 'none' }) },
  endSession: { of: 'Session', withId: (sessionId) => ({ sessionId }) },
  updateProfile: { withoutId: () => ({ displayName: 'Ann' }) },
  changePassword: {
    withoutId: () => ({ currentPassword: 'wrong horse', newPassword: 'correct horse stable' }),
  },
  deleteAccount: { withoutId: () => ({ password: 'wrong horse' }) },
  createApiKey: { withoutId: () => ({ name: 'Server', permissions: [] }) },
  revokeApiKey: { of: 'ApiKey', withId: (apiKeyId) => ({ apiKeyId }), allowedTo: ['owner', 'admin'] },
  saveLlmKey: {
    withoutId: () => ({ provider: 'OPENAI', key: 'sk-of-nobody', baseUrl: 'http://127.0.0.1/v1' }),
  },
  validateLlmKey: { of: 'LlmKey', withId: (llmKeyId) => ({ llmKeyId }) },
  deleteLlmKey: { of: 'LlmKey', withId: (llmKeyId) => ({ llmKeyId }) },
  setUserRole: { of: 'User', withId: (userId) => ({ userId, role: 'GUEST' }), allowedTo: ['admin'] },
  removeUser: { of: 'User', withId: (userId) => ({ userId }), allowedTo: ['admin'] },
  setTenantCostLimit: { withoutId: () => ({ costLimit: '100' }) },
  setUserPlan: { of: 'User', withId: (userId) => ({ userId, plan: 'PRO' }), allowedTo: ['operator'] },
  createSocketTicket: { withoutId: () => ({}) },
  createConversation: { withoutId: () => ({}) },
  renameConversation: {
    of: 'Conversation',
    withId: (conversationId) => ({ conversationId, title: 'Taken over' }),
  },
  deleteConversation: { of: 'Conversation', withId: (conversationId) => ({ conversationId }) },
  createTemplate: { withoutId: () => ({ name: 'Weekly digest', design: TEMPLATE_DESIGN }) },
  saveAsTemplate: {
    of: 'PipelineExecution',
    withId: (executionId) => ({ source: { executionId }, name: 'Taken over' }),
  },
  updateTemplate: {
    of: 'PipelineTemplate',
    withId: (templateId) => ({ templateId, expectedVersion: 1, name: 'Taken over' }),
  },
  deleteTemplate: {
    of: 'PipelineTemplate',
    withId: (templateId) => ({ templateId }),
    allowedTo: ['owner', 'admin'],
  },
  forkTemplate: {
    of: 'PipelineTemplate',
    withId: (templateId) => ({ templateId }),
    allowedTo: ['owner', 'admin'],
  },
  sendMessage: {
    of: 'Conversation',
    withId: (conversationId) => ({ conversationId, content: NEED, whenBusy: 'INTERRUPT' }),
  },
  stopReply: { of: 'Message', withId: (messageId) => ({ messageId }) },
  selectProposal: { of: 'DesignProposal', withId: (proposalId) => ({ proposalId }) },
  confirmProposal: { of: 'DesignProposal', withId: (proposalId) => ({ proposalId }) },
  executePipeline: {
    of: 'DesignProposal',
    withId: (proposalId) => ({ source: { proposalId }, request: 'It' }),
    withoutId: () => ({
      source: { design: { steps: [{ key: 'a', agent: 'CUSTOM', title: 'A' }] } },
      request: 'It',
    }),
  },
  cancelExecution: { of: 'PipelineExecution', withId: (executionId) => ({ executionId }) },
  decideApproval: { of: 'ApprovalRequest', withId: (approvalId) => ({ approvalId, decision: 'APPROVE' }) },
};

const TEMPLATE_DESIGN = { steps: [{ key: 'a', agent: 'CUSTOM', title: 'A', prompt: 'Write about rain.' }] };

type Input = Record<string, unknown>;

type MutationInput =
  | { of?: undefined; withId?: undefined; withoutId: () => Input }
  | {
      of: NodeType;
      withId: (id: string) => Input;
      withoutId?: () => Input;
      /** Who may do it to what a member of the tenant owns. Default: that owner. */
      allowedTo?: readonly ('owner' | 'admin' | 'operator')[];
    };

type NodeType =
  | 'ApiKey'
  | 'LlmKey'
  | 'User'
  | 'Invitation'
  | 'Session'
  | 'Conversation'
  | 'Message'
  | 'DesignProposal'
  | 'PipelineTemplate'
  | 'PipelineExecution'
  | 'ApprovalRequest';
