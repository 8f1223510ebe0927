import type { Role } from '../generated/prisma/enums.ts';

export const PERMISSIONS = [
  'AGENT_EXECUTE',
  'PIPELINE_EXECUTE',
  'CONVERSATION_WRITE',
  'APPROVAL_DECIDE',
] as const;

/** The permissions of each role in its own tenant. */
const ROLE_PERMISSIONS: Record<Role, ReadonlySet<Permission>> = {
  ADMIN: new Set(PERMISSIONS),
  USER: new Set<Permission>(['AGENT_EXECUTE', 'PIPELINE_EXECUTE', 'CONVERSATION_WRITE', 'APPROVAL_DECIDE']),
  GUEST: new Set<Permission>(),
};

/**
 * The requirement of each API operation: none (PUBLIC), a signed-in viewer (SIGNED_IN), or a permission. The keys are
 * `Query.x`, `Mutation.x` and `Subscription.x`. Building the schema fails for a root field without an entry.
 */
export const OPERATIONS = {
  'Mutation.register': 'PUBLIC',
  'Mutation.login': 'PUBLIC',
  'Mutation.refreshSession': 'PUBLIC',
  'Mutation.logout': 'PUBLIC',

  'Query.viewer': 'SIGNED_IN',
  'Query.node': 'SIGNED_IN',
  'Query.nodes': 'SIGNED_IN',
  'Query.models': 'SIGNED_IN',
  'Query.usageToday': 'SIGNED_IN',

  'Query.conversation': 'SIGNED_IN',
  'Query.conversations': 'SIGNED_IN',
  'Subscription.conversationEvents': 'SIGNED_IN',
  'Mutation.createConversation': 'CONVERSATION_WRITE',
  'Mutation.renameConversation': 'CONVERSATION_WRITE',
  'Mutation.deleteConversation': 'CONVERSATION_WRITE',
  'Mutation.sendMessage': 'AGENT_EXECUTE',
  'Mutation.stopReply': 'AGENT_EXECUTE',
  'Mutation.selectProposal': 'AGENT_EXECUTE',
  'Mutation.confirmProposal': 'AGENT_EXECUTE',

  'Query.execution': 'SIGNED_IN',
  'Query.executions': 'SIGNED_IN',
  'Query.estimatePipeline': 'SIGNED_IN',
  'Subscription.executionEvents': 'SIGNED_IN',
  'Subscription.agentTokens': 'SIGNED_IN',
  'Subscription.pipelineProgress': 'SIGNED_IN',
  'Mutation.executePipeline': 'PIPELINE_EXECUTE',
  'Mutation.cancelExecution': 'PIPELINE_EXECUTE',

  'Query.approvalRequest': 'SIGNED_IN',
  'Query.approvalRequests': 'SIGNED_IN',
  'Subscription.approvalEvents': 'SIGNED_IN',
  'Mutation.decideApproval': 'APPROVAL_DECIDE',
} as const satisfies Record<
  `${'Query' | 'Mutation' | 'Subscription'}.${string}`,
  'PUBLIC' | 'SIGNED_IN' | Permission
>;

export function permissionsOf(role: Role): ReadonlySet<Permission> {
  return ROLE_PERMISSIONS[role];
}

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

export function isPublic(operation: OperationName): operation is PublicOperation {
  return OPERATIONS[operation] === 'PUBLIC';
}

export type Permission = (typeof PERMISSIONS)[number];
export type OperationName = keyof typeof OPERATIONS;
export type MutationName = OperationName extends infer Name
  ? Name extends `Mutation.${infer Field}`
    ? Field
    : never
  : never;
export type PublicOperation = {
  [Name in OperationName]: (typeof OPERATIONS)[Name] extends 'PUBLIC' ? Name : never;
}[OperationName];
export type ProtectedOperation = Exclude<OperationName, PublicOperation>;
