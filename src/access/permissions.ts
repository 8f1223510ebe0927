import type { Role } from '../generated/prisma/enums.ts';

export const PERMISSIONS = [
  'AGENT_EXECUTE',
  'PIPELINE_EXECUTE',
  'CONVERSATION_WRITE',
  'TEMPLATE_WRITE',
  'TEMPLATE_SHARE',
  'API_KEY_MANAGE',
  'LLM_KEY_MANAGE',
  'APPROVAL_DECIDE',
  'STATS_READ',
  'UPLOAD_WRITE',
  'USER_MANAGE',
  'AUDIT_READ',
  'RATE_LIMIT_READ',
  'PLAN_MANAGE',
] as const;

/** What each role may do in its own tenant. PLAN_MANAGE comes on top for the ADMINs of the operator's tenant. */
const ROLE_PERMISSIONS: Record<Role, ReadonlySet<Permission>> = {
  ADMIN: new Set(PERMISSIONS.filter((permission) => permission !== 'PLAN_MANAGE')),
  USER: new Set<Permission>([
    'AGENT_EXECUTE',
    'PIPELINE_EXECUTE',
    'CONVERSATION_WRITE',
    'TEMPLATE_WRITE',
    'TEMPLATE_SHARE',
    'API_KEY_MANAGE',
    'LLM_KEY_MANAGE',
    'APPROVAL_DECIDE',
    'STATS_READ',
    'UPLOAD_WRITE',
  ]),
  GUEST: new Set<Permission>(['STATS_READ']),
};

/** What each operation of the API asks for. A root field that is missing here fails the build of the schema. */
export const OPERATIONS = {
  register: 'PUBLIC',
  login: 'PUBLIC',
  refreshSession: 'PUBLIC',
  logout: 'PUBLIC',

  viewer: 'SIGNED_IN',
  node: 'SIGNED_IN',
  nodes: 'SIGNED_IN',
  models: 'SIGNED_IN',
  usageToday: 'SIGNED_IN',

  conversation: 'SIGNED_IN',
  conversations: 'SIGNED_IN',
  conversationEvents: 'SIGNED_IN',
  createConversation: 'CONVERSATION_WRITE',
  renameConversation: 'CONVERSATION_WRITE',
  deleteConversation: 'CONVERSATION_WRITE',
  sendMessage: 'AGENT_EXECUTE',
  stopReply: 'AGENT_EXECUTE',
  selectProposal: 'AGENT_EXECUTE',
  confirmProposal: 'AGENT_EXECUTE',

  execution: 'SIGNED_IN',
  executions: 'SIGNED_IN',
  estimatePipeline: 'SIGNED_IN',
  agentTokens: 'SIGNED_IN',
  pipelineProgress: 'SIGNED_IN',
  executePipeline: 'PIPELINE_EXECUTE',
  cancelExecution: 'PIPELINE_EXECUTE',

  approvalRequest: 'SIGNED_IN',
  approvalRequests: 'SIGNED_IN',
  decideApproval: 'APPROVAL_DECIDE',
} as const satisfies Record<string, 'PUBLIC' | 'SIGNED_IN' | Permission>;

export function permissionsOf(role: Role, isOperator: boolean): ReadonlySet<Permission> {
  return role === 'ADMIN' && isOperator ? OPERATOR_PERMISSIONS : ROLE_PERMISSIONS[role];
}

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

export function isPublic(operation: OperationName): operation is PublicOperation {
  return OPERATIONS[operation] === 'PUBLIC';
}

const OPERATOR_PERMISSIONS: ReadonlySet<Permission> = new Set(PERMISSIONS);

export type Permission = (typeof PERMISSIONS)[number];
export type OperationName = keyof typeof OPERATIONS;
export type PublicOperation = {
  [Name in OperationName]: (typeof OPERATIONS)[Name] extends 'PUBLIC' ? Name : never;
}[OperationName];
export type ProtectedOperation = Exclude<OperationName, PublicOperation>;
