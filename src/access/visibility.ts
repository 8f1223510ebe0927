import type { Prisma } from '../generated/prisma/client.ts';
import type { Viewer } from './viewer.ts';

/** Who may see or change an object. `includes`: which viewers can be one; `matches`: of which objects they are one. */
export const READERS = {
  OWNER: {
    description: 'its owner',
    includes: () => true,
    matches: isOwner,
  },
  PERSON: {
    description: 'its owner, but not with an API key',
    includes: ({ credential }) => credential.kind !== 'API_KEY',
    matches: isOwner,
  },
  MEMBER: {
    description: 'every member of its tenant',
    includes: () => true,
    matches: ofSameTenant,
  },
  RECIPIENT: {
    description: 'every member of its tenant, when it is SHARED; everybody, when it is built in',
    includes: () => true,
    matches: ofSameTenant,
  },
  ADMIN: {
    description: 'ADMINs of its tenant',
    includes: ({ role }) => role === 'ADMIN',
    matches: ofSameTenant,
  },
  USER_MANAGER: {
    description: 'members of its tenant with USER_MANAGE',
    includes: ({ permissions }) => permissions.has('USER_MANAGE'),
    matches: ofSameTenant,
  },
  AUDITOR: {
    description: 'members of its tenant with AUDIT_READ',
    includes: ({ permissions }) => permissions.has('AUDIT_READ'),
    matches: ofSameTenant,
  },
  SHARER: {
    description: 'every member of its tenant, when it is the tenant’s',
    includes: () => true,
    matches: ofSameTenant,
  },
  TENANT_ADMIN: {
    description: 'ADMINs of its tenant, when it is the tenant’s',
    includes: ({ role }) => role === 'ADMIN',
    matches: ofSameTenant,
  },
  APPROVER: {
    description: 'members with APPROVAL_DECIDE, when the design requires a different approver than the owner',
    includes: ({ permissions }) => permissions.has('APPROVAL_DECIDE'),
    matches: ofSameTenant,
  },
  OPERATOR: {
    description: 'those with PLAN_MANAGE, in every tenant',
    includes: ({ permissions }) => permissions.has('PLAN_MANAGE'),
    matches: () => true,
  },
} as const satisfies Record<string, ReaderRule>;

const ALL = () => ({});
const TENANT = ({ tenantId }: Viewer) => ({ tenantId });

/** In place of the tenant of what is part of the product, such as the built-in templates. No tenant has this id. */
export const BUILT_IN_TENANT_ID = 'built-in';

/**
 * Who sees and who changes what: for each type the tenant's rows that a viewer's are `among`, and for each reader which
 * of those. This table and `FIELDS` are the only place that decides it: every read takes its condition from here, and
 * what it leaves out reads like what does not exist.
 */
export const VISIBILITY: { [Type in RuledType]: Rule<Rows[Type]> } = {
  Tenant: { among: ({ tenantId: id }) => ({ id }), seenBy: { MEMBER: ALL } },
  User: { among: TENANT, seenBy: { MEMBER: ALL } },
  // A user, and so a session, has one tenant.
  Session: {
    among: ({ userId }) => ({ userId }),
    seenBy: { PERSON: ALL },
    changedBy: ['PERSON'],
  },
  ApiKey: {
    among: TENANT,
    seenBy: { OWNER: ({ userId }) => ({ userId }), USER_MANAGER: ALL },
    changedBy: ['OWNER', 'USER_MANAGER'],
  },
  LlmKey: {
    among: TENANT,
    seenBy: {
      OWNER: ({ userId: ownerId }) => ({ ownerId }),
      SHARER: () => ({ ownerId: null }),
      TENANT_ADMIN: () => ({ ownerId: null }),
    },
    changedBy: ['OWNER', 'TENANT_ADMIN'],
  },
  Invitation: { among: TENANT, seenBy: { USER_MANAGER: ALL }, changedBy: ['USER_MANAGER'] },
  AuditEntry: { among: TENANT, seenBy: { AUDITOR: ALL } },
  Conversation: {
    among: TENANT,
    seenBy: { OWNER: ({ userId: ownerId }) => ({ ownerId }), ADMIN: ALL },
    changedBy: ['OWNER'],
  },
  PipelineTemplate: {
    among: ({ tenantId }) => ({ tenantId: { in: [tenantId, BUILT_IN_TENANT_ID] } }),
    seenBy: {
      OWNER: ({ userId: ownerId }) => ({ ownerId }),
      RECIPIENT: () => ({ visibility: 'SHARED' }),
      ADMIN: ALL,
    },
    changedBy: ['OWNER'],
  },
  PipelineExecution: {
    among: TENANT,
    seenBy: {
      OWNER: ({ userId: ownerId }) => ({ ownerId }),
      ADMIN: ALL,
      APPROVER: () => ({ requireDifferentApprover: true, approvals: { some: {} } }),
    },
    changedBy: ['OWNER'],
  },
  ApprovalRequest: {
    among: TENANT,
    seenBy: {
      OWNER: ({ userId: ownerId }) => ({ execution: { ownerId } }),
      ADMIN: ALL,
      APPROVER: () => ({ execution: { requireDifferentApprover: true } }),
    },
  },
};

/** Types whose objects are seen and changed like the object that they are part of: its relation, and its type. */
export const PARTS = {
  Message: ['conversation', 'Conversation'],
  DesignProposal: ['conversation', 'Conversation'],
  StepExecution: ['execution', 'PipelineExecution'],
} as const satisfies Record<string, readonly [string, RuledType]>;

/** Fields that not everybody sees who sees their object. */
export const FIELDS = {
  'User.email': ['OWNER', 'USER_MANAGER'],
  'User.plan': ['OWNER', 'USER_MANAGER', 'OPERATOR'],
  'Tenant.costLimit': ['MEMBER'],
  'PipelineExecution.conversation': ['OWNER', 'ADMIN'],
} as const satisfies Record<string, readonly Reader[]>;

/** Prisma condition: the objects that the viewer may see. */
export function visible<Type extends VisibleType>(type: Type, viewer: Viewer | null): Where<Type> {
  return conditionOf(type, viewer, ({ seenBy }) => Object.keys(seenBy) as Reader[]);
}

/** Prisma condition: the objects that the viewer may change. */
export function changeable<Type extends VisibleType>(type: Type, viewer: Viewer): Where<Type> {
  return conditionOf(type, viewer, ({ changedBy = [] }) => changedBy);
}

/** Whether the viewer may see a field of an object that they may see. */
export function maySee(field: keyof typeof FIELDS, viewer: Viewer | null, object: Owned): boolean {
  if (!viewer) return false;
  return FIELDS[field].some(
    (reader) => READERS[reader].includes(viewer) && READERS[reader].matches(viewer, object),
  );
}

/** The columns of an object that the viewer owns. */
export function ownedBy({ tenantId, userId }: Viewer) {
  return { tenantId, ownerId: userId };
}

function conditionOf<Type extends VisibleType>(
  type: Type,
  viewer: Viewer | null,
  readersOf: (rule: Rule<object>) => readonly Reader[],
): Where<Type> {
  if (isPart(type)) {
    const [relation, whole] = PARTS[type];
    return { [relation]: conditionOf(whole, viewer, readersOf) } as Where<Type>;
  }
  const rule = VISIBILITY[type as RuledType] as Rule<object>;
  const conditions = viewer ? readersOf(rule).filter((reader) => READERS[reader].includes(viewer)) : [];
  if (!viewer || conditions.length === 0) return NO_ROW as Where<Type>;
  const any = conditions.map((reader) => rule.seenBy[reader]!(viewer));
  const isAll = any.some((condition) => Object.keys(condition).length === 0);
  return { ...rule.among(viewer), ...(isAll ? {} : { OR: any }) } as Where<Type>;
}

/**
 * A condition that no row meets, wherever it stands. An empty `OR` would be no such condition: at the top of a `where`
 * Prisma finds no row, but inside of `AND` it ignores it and finds all.
 */
const NO_ROW = { id: { in: [] as string[] } };

function isPart(type: VisibleType): type is keyof typeof PARTS {
  return Object.hasOwn(PARTS, type);
}

function isOwner(viewer: Viewer, object: Owned): boolean {
  return ofSameTenant(viewer, object) && viewer.userId === object.ownerId;
}

function ofSameTenant(viewer: Viewer, { tenantId }: Owned): boolean {
  return viewer.tenantId === tenantId;
}

export type Reader = keyof typeof READERS;
export type VisibleType = RuledType | keyof typeof PARTS;
type RuledType = keyof Rows;

interface Rows {
  Tenant: Prisma.TenantWhereInput;
  User: Prisma.UserWhereInput;
  Session: Prisma.SessionWhereInput;
  ApiKey: Prisma.ApiKeyWhereInput;
  LlmKey: Prisma.LlmKeyWhereInput;
  Invitation: Prisma.InvitationWhereInput;
  AuditEntry: Prisma.AuditEntryWhereInput;
  Conversation: Prisma.ConversationWhereInput;
  PipelineTemplate: Prisma.PipelineTemplateWhereInput;
  PipelineExecution: Prisma.PipelineExecutionWhereInput;
  ApprovalRequest: Prisma.ApprovalRequestWhereInput;
}

interface Parts {
  Message: Prisma.MessageWhereInput;
  DesignProposal: Prisma.DesignProposalWhereInput;
  StepExecution: Prisma.StepExecutionWhereInput;
}

type Where<Type extends VisibleType> = (Rows & Parts)[Type];

interface Rule<Condition> {
  among: (viewer: Viewer) => Condition;
  seenBy: Partial<Record<Reader, (viewer: Viewer) => Condition>>;
  /** Some of those who see it. Default: nobody, or as the use case says. */
  changedBy?: readonly Reader[];
}

interface ReaderRule {
  description: string;
  includes: (viewer: Viewer) => boolean;
  matches: (viewer: Viewer, object: Owned) => boolean;
}

export interface Owned {
  tenantId: string;
  /** Absent for what belongs to all members of the tenant. */
  ownerId?: string;
}
