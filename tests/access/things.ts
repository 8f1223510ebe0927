import { encodeId } from '../../src/schema-kit/global-id.ts';
import type { Account, TestApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { NEED, openConversation, readConversation, talk } from '../support/conversations.ts';
import { rowId } from '../support/ids.ts';
import { storedLlmKey } from '../support/llm-keys.ts';
import { createTemplate } from '../support/templates.ts';
import { decide, design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { type People, type Reader, SIGNED_IN } from './readers.ts';

const OWN: readonly Reader[] = ['owner', 'admin', 'key'];
const TO_DECIDE: readonly Reader[] = ['owner', 'admin', 'colleague', 'key'];
const TENANT: readonly Reader[] = ['owner', 'admin', 'colleague', 'guest', 'key'];

/**
 * Who sees what of one member's, written down a second time: the owner all that is theirs, an ADMIN all of the tenant,
 * and a member who may decide a request that request and its run.
 */
export const SEEN_BY = {
  Conversation: OWN,
  Message: OWN,
  DesignProposal: OWN,
  PipelineTemplate: OWN,
  'PipelineTemplate that is shared': TENANT,
  PipelineExecution: OWN,
  StepExecution: OWN,
  Checkpoint: OWN,
  ApprovalRequest: OWN,
  'PipelineExecution that others decide': TO_DECIDE,
  'StepExecution that others decide': TO_DECIDE,
  'Checkpoint that others decide': TO_DECIDE,
  'ApprovalRequest that others decide': TO_DECIDE,
  ApiKey: OWN,
  LlmKey: ['owner', 'key'],
  'LlmKey of the tenant': TENANT,
  Invitation: ['admin'],
  User: TENANT,
  Tenant: TENANT,
  Session: ['owner'],
  AuditEntry: ['admin'],
  LlmModel: SIGNED_IN,
} as const satisfies Record<string, readonly Reader[]>;

export type Thing = keyof typeof SEEN_BY;
export const THINGS = Object.keys(SEEN_BY) as Thing[];

/** The title of the owner's conversation. */
export const SECRET = 'A secret plan';

export function typeOf(thing: string): string {
  return thing.split(' ')[0]!;
}

/**
 * One run that only its owner decides about, one that others do, and a conversation with all that is in it. Some of the
 * stranger's objects are older, some newer.
 */
export async function makeThings(
  app: TestApp,
  { owner, admin, stranger }: People,
): Promise<Record<Thing, string>> {
  for (const _ of [1, 2, 3]) await openConversation(app, stranger);
  await waiting(app, stranger, design({ key: 'asks', approval: {} }));
  const ids = { ...(await conversationThings(app, owner)), ...(await accountThings(app, owner, admin)) };
  const templates = await templateThings(app, owner, stranger);
  const runs = await runThings(app, owner, ids.Conversation);
  await openConversation(app, stranger);
  await waiting(app, stranger, design({ key: 'asks', approval: {} }));
  const LlmModel = encodeId('LlmModel', 'OFFLINE:offline-fast');
  return { ...ids, ...templates, ...runs, LlmModel };
}

async function conversationThings(app: TestApp, owner: Account) {
  const id = await openConversation(app, owner);
  await talk(app, owner, id, NEED);
  await app.mutate('renameConversation', { conversationId: id, title: SECRET }, '', owner);
  const { messages, proposals } = await readConversation(app, owner, id);
  return { Conversation: id, Message: messages.edges[1]!.node.id, DesignProposal: proposals[0]!.id };
}

async function templateThings(app: TestApp, owner: Account, stranger: Account) {
  for (const one of ['PRIVATE', 'SHARED'] as const) await createTemplate(app, stranger, { visibility: one });
  return {
    PipelineTemplate: (await createTemplate(app, owner, { name: SECRET })).id,
    'PipelineTemplate that is shared': (await createTemplate(app, owner, { visibility: 'SHARED' })).id,
  };
}

async function runThings(app: TestApp, owner: Account, conversation: string) {
  const asks = design({ key: 'first' }, { key: 'asks', approval: {}, dependsOn: ['first'] });
  const own = await waiting(app, owner, asks);
  await decide(app, owner, own.approvals[0]!.id, 'APPROVE');
  await runWhen(app, owner, own.id, hasEnded);
  const shared = await waiting(app, owner, { ...asks, requireDifferentApprover: true } as typeof asks);
  await app.services.database.prisma.pipelineExecution.update({
    where: { id: rowId(shared.id) },
    data: { conversationId: rowId(conversation) },
  });
  return {
    PipelineExecution: own.id,
    StepExecution: encodeId('StepExecution', `${rowId(own.id)}:first`),
    Checkpoint: encodeId('Checkpoint', `${rowId(own.id)}:1`),
    ApprovalRequest: own.approvals[0]!.id,
    'PipelineExecution that others decide': shared.id,
    'StepExecution that others decide': encodeId('StepExecution', `${rowId(shared.id)}:first`),
    'Checkpoint that others decide': encodeId('Checkpoint', `${rowId(shared.id)}:1`),
    'ApprovalRequest that others decide': shared.approvals[0]!.id,
  };
}

async function accountThings(app: TestApp, owner: Account, admin: Account) {
  const { user } = owner.session;
  const { data } = await app.graphql<{ sessions: { id: string }[] }>('{ sessions { id } }', {}, owner);
  const { invitation } = await app.mutate<{ invitation: { id: string } }>(
    'inviteUser',
    { email: 'invited@example.com', role: 'USER' },
    '... on InviteUserSuccess { invitation { id } }',
    admin,
  );
  const log = await app.graphql<{ auditLog: { nodes: { id: string }[] } }>(
    '{ auditLog(first: 1) { nodes { id } } }',
    {},
    admin,
  );
  return {
    AuditEntry: log.data!.auditLog.nodes[0]!.id,
    ApiKey: (await createKey(app, owner)).id,
    LlmKey: await storedLlmKey(app, owner, 'USER'),
    'LlmKey of the tenant': await storedLlmKey(app, owner, 'TENANT'),
    Invitation: invitation.id,
    User: user.id,
    Tenant: user.tenant.id,
    Session: data!.sessions[0]!.id,
  };
}

async function waiting(app: TestApp, owner: Account, steps: ReturnType<typeof design>) {
  const id = await startRun(app, owner, steps);
  return runWhen(app, owner, id, (run) => run.status === 'WAITING_FOR_APPROVAL');
}
