import type { Role } from '../generated/prisma/enums.ts';

const USER_PERMISSIONS = [
  'AGENT_EXECUTE',
  'PIPELINE_EXECUTE',
  'CONVERSATION_WRITE',
  'TEMPLATE_WRITE',
  'TEMPLATE_SHARE',
  'APPROVAL_DECIDE',
  'API_KEY_MANAGE',
  'LLM_KEY_MANAGE',
] as const;

const ADMIN_PERMISSIONS = [
  ...USER_PERMISSIONS,
  'USER_MANAGE',
  'AUDIT_READ',
  'RATE_LIMIT_READ',
  'STATS_READ',
] as const;

export const PERMISSIONS = [...ADMIN_PERMISSIONS, 'PLAN_MANAGE'] as const;

/** The permissions of each role in its own tenant. */
const ROLE_PERMISSIONS: Record<Role, readonly Permission[]> = {
  ADMIN: ADMIN_PERMISSIONS,
  USER: USER_PERMISSIONS,
  GUEST: [],
};

/** The tenant of those who run this server. Its ADMINs also hold PLAN_MANAGE. */
export const OPERATOR_TENANT_ID = 'operator';

/**
 * The requirement of each API operation: none (PUBLIC), a signed-in viewer (SIGNED_IN), a person rather than an API key
 * (PERSON), or a permission; and the class of its rate limit, where it is not DEFAULT. The keys are `Query.x`,
 * `Mutation.x` and `Subscription.x`. Building the schema fails for a root field without an entry.
 */
export const OPERATIONS = {
  'Mutation.register': ['PUBLIC', 'AUTH'],
  'Mutation.login': ['PUBLIC', 'AUTH'],
  'Mutation.refreshSession': ['PUBLIC', 'AUTH'],
  'Mutation.logout': ['PUBLIC', 'AUTH'],
  'Query.sessions': 'PERSON',
  'Mutation.endSession': 'PERSON',
  'Mutation.createSocketTicket': 'PERSON',

  'Mutation.updateProfile': 'PERSON',
  'Mutation.changePassword': ['PERSON', 'AUTH'],
  'Mutation.deleteAccount': ['PERSON', 'AUTH'],
  'Mutation.requestPasswordReset': ['PUBLIC', 'AUTH'],
  'Mutation.resetPassword': ['PUBLIC', 'AUTH'],
  'Mutation.verifyEmail': ['PUBLIC', 'AUTH'],

  'Query.users': 'USER_MANAGE',
  'Query.invitations': 'USER_MANAGE',
  'Mutation.inviteUser': 'USER_MANAGE',
  'Mutation.revokeInvitation': 'USER_MANAGE',
  'Mutation.setUserRole': 'USER_MANAGE',
  'Mutation.removeUser': 'USER_MANAGE',
  'Mutation.setTenantCostLimit': 'USER_MANAGE',
  'Mutation.setUserPlan': 'PLAN_MANAGE',

  'Query.auditLog': 'AUDIT_READ',

  'Query.apiKeys': 'SIGNED_IN',
  'Mutation.createApiKey': 'API_KEY_MANAGE',
  'Mutation.revokeApiKey': 'SIGNED_IN', // an API key needs API_KEY_MANAGE

  'Query.llmKeys': 'SIGNED_IN',
  'Mutation.saveLlmKey': ['LLM_KEY_MANAGE', 'KEY_CHECK'],
  'Mutation.validateLlmKey': ['LLM_KEY_MANAGE', 'KEY_CHECK'],
  'Mutation.deleteLlmKey': 'LLM_KEY_MANAGE',

  'Query.rateLimit': 'SIGNED_IN',
  'Query.rateLimitStats': 'RATE_LIMIT_READ',

  'Query.viewer': 'SIGNED_IN',
  'Query.node': 'SIGNED_IN',
  'Query.nodes': 'SIGNED_IN',
  'Query.models': 'SIGNED_IN',
  'Query.usageToday': 'SIGNED_IN',
  'Query.usageHistory': 'SIGNED_IN',
  'Query.tenantUsage': 'STATS_READ',
  'Query.estimateAccuracy': 'STATS_READ',

  'Query.conversation': 'SIGNED_IN',
  'Query.conversations': 'SIGNED_IN',
  'Subscription.conversationEvents': 'SIGNED_IN',
  'Mutation.createConversation': 'CONVERSATION_WRITE',
  'Mutation.renameConversation': 'CONVERSATION_WRITE',
  'Mutation.deleteConversation': 'CONVERSATION_WRITE',
  'Mutation.sendMessage': ['AGENT_EXECUTE', 'EXECUTION'],
  'Mutation.stopReply': 'AGENT_EXECUTE',
  'Mutation.selectProposal': 'AGENT_EXECUTE',
  'Mutation.confirmProposal': 'AGENT_EXECUTE',

  'Query.template': 'SIGNED_IN',
  'Query.templates': 'SIGNED_IN',
  'Query.sharedTemplates': 'SIGNED_IN',
  'Mutation.createTemplate': 'TEMPLATE_WRITE',
  'Mutation.saveAsTemplate': 'TEMPLATE_WRITE',
  'Mutation.updateTemplate': 'TEMPLATE_WRITE',
  'Mutation.deleteTemplate': 'TEMPLATE_WRITE',
  'Mutation.forkTemplate': 'TEMPLATE_WRITE',

  'Query.execution': 'SIGNED_IN',
  'Query.executions': 'SIGNED_IN',
  'Query.estimatePipeline': 'SIGNED_IN',
  'Subscription.executionEvents': 'SIGNED_IN',
  'Subscription.agentTokens': 'SIGNED_IN',
  'Subscription.pipelineProgress': 'SIGNED_IN',
  'Mutation.executePipeline': ['PIPELINE_EXECUTE', 'EXECUTION'],
  'Mutation.cancelExecution': 'PIPELINE_EXECUTE',

  'Query.approvalRequest': 'SIGNED_IN',
  'Query.approvalRequests': 'SIGNED_IN',
  'Subscription.approvalEvents': 'SIGNED_IN',
  'Mutation.decideApproval': 'APPROVAL_DECIDE',
} as const satisfies Record<`${'Query' | 'Mutation' | 'Subscription'}.${string}`, Entry>;

/** The requirement of each HTTP route. The server does not start with a route without an entry. */
export const ROUTES = {
  '/graphql': 'PUBLIC', // each operation has its own requirement
  '/account/export': 'PERSON',
  '/aura/hitl/approve/{requestId}': 'APPROVAL_DECIDE',
  '/aura/hitl/reject/{requestId}': 'APPROVAL_DECIDE',
  '/health': 'PUBLIC',
  '/ready': 'PUBLIC',
} as const satisfies Record<`/${string}`, Requirement>;

/** The permissions of a user, in the order of `PERMISSIONS`. */
export function permissionsOf({ role, tenantId }: { role: Role; tenantId: string }): ReadonlySet<Permission> {
  const isOperator = role === 'ADMIN' && tenantId === OPERATOR_TENANT_ID;
  return new Set([...ROLE_PERMISSIONS[role], ...(isOperator ? (['PLAN_MANAGE'] as const) : [])]);
}

/** The roles whose users have a permission in every tenant. */
export function rolesWith(permission: Permission): Role[] {
  return (Object.keys(ROLE_PERMISSIONS) as Role[]).filter((role) =>
    ROLE_PERMISSIONS[role].includes(permission),
  );
}

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

export function isRoute(path: string): path is keyof typeof ROUTES {
  return Object.hasOwn(ROUTES, path);
}

export function requirementOf<Name extends OperationName>(operation: Name): RequirementOf<Name> {
  const entry: Entry = OPERATIONS[operation];
  return (typeof entry === 'string' ? entry : entry[0]) as RequirementOf<Name>;
}

export function rateClassOf(operation: OperationName): RateClass {
  const entry: Entry = OPERATIONS[operation];
  return typeof entry === 'string' ? 'DEFAULT' : entry[1];
}

export function isPublic(operation: OperationName): operation is PublicOperation {
  return requirementOf(operation) === 'PUBLIC';
}

export type Permission = (typeof PERMISSIONS)[number];
export type Protected = 'SIGNED_IN' | 'PERSON' | Permission;
export type Requirement = 'PUBLIC' | Protected;
/** A class in which operations are counted for rate limits. Each has a limit of its own. */
export type RateClass = 'DEFAULT' | 'AUTH' | 'EXECUTION' | 'KEY_CHECK';
type Entry = Requirement | readonly [Requirement, RateClass];
type RequirementOf<Name extends OperationName> = Name extends OperationName
  ? (typeof OPERATIONS)[Name] extends readonly [infer Required, RateClass]
    ? Required
    : (typeof OPERATIONS)[Name]
  : never;
export type OperationName = keyof typeof OPERATIONS;
export type MutationName = OperationName extends infer Name
  ? Name extends `Mutation.${infer Field}`
    ? Field
    : never
  : never;
export type PublicOperation = {
  [Name in OperationName]: RequirementOf<Name> extends 'PUBLIC' ? Name : never;
}[OperationName];
export type ProtectedOperation = Exclude<OperationName, PublicOperation>;
export type ProtectedRoute = {
  [Path in keyof typeof ROUTES]: (typeof ROUTES)[Path] extends Protected ? Path : never;
}[keyof typeof ROUTES];
