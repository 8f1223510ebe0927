import { randomUUID } from 'node:crypto';
import { getNamedType, type GraphQLArgument, type GraphQLInputType, isInputObjectType } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeId } from '../../src/schema-kit/global-id.ts';
import { schema } from '../../src/transport/graphql/schema.ts';
import { type Account, mutationDocument, testApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { rowId } from '../support/ids.ts';
import { NEED, openConversation, readConversation, talk } from '../support/conversations.ts';
import { MUTATION_INPUTS } from '../support/mutation-inputs.ts';
import { decide, design, hasEnded, runWhen, startRun } from '../support/runs.ts';
import { routerOf, ScriptedModel } from '../support/scripted-model.ts';

const app = testApp({ router: routerOf(new ScriptedModel()) });

/**
 * Who sees what of one member's, in one table: the owner all that is theirs, an ADMIN all of the tenant, and a member
 * who may decide a request that request and its run.
 */
const SEEN_BY: Record<Thing, readonly Reader[]> = {
  Conversation: ['owner', 'admin'],
  Message: ['owner', 'admin'],
  DesignProposal: ['owner', 'admin'],
  PipelineExecution: ['owner', 'admin'],
  StepExecution: ['owner', 'admin'],
  Checkpoint: ['owner', 'admin'],
  ApprovalRequest: ['owner', 'admin'],
  'PipelineExecution that others decide': ['owner', 'admin', 'colleague'],
  'StepExecution that others decide': ['owner', 'admin', 'colleague'],
  'Checkpoint that others decide': ['owner', 'admin', 'colleague'],
  'ApprovalRequest that others decide': ['owner', 'admin', 'colleague'],
  ApiKey: ['owner', 'admin'],
  Invitation: ['admin'],
  User: ['owner', 'admin', 'colleague', 'guest'],
  Tenant: ['owner', 'admin', 'colleague', 'guest'],
  Session: ['owner'],
  AuditEntry: ['admin'],
};

const READERS = ['owner', 'admin', 'colleague', 'guest', 'stranger', 'anonymous'] as const;

/** Every query and subscription that takes an id, with the things that it gives. */
const READS: Record<string, Read> = {
  'Query.node': { document: 'query ($id: ID!) { node(id: $id) { __typename id } }' },
  'Query.nodes': { document: 'query ($id: ID!) { nodes(ids: [$id]) { __typename id } }' },
  'Query.conversation': { of: 'Conversation', document: 'query ($id: ID!) { conversation(id: $id) { id } }' },
  'Query.execution': { of: 'PipelineExecution', document: 'query ($id: ID!) { execution(id: $id) { id } }' },
  'Query.approvalRequest': {
    of: 'ApprovalRequest',
    document: 'query ($id: ID!) { approvalRequest(id: $id) { id } }',
  },
  'Query.executions': {
    of: 'Conversation',
    document: 'query ($id: ID!) { executions(filter: { conversationId: $id }) { nodes { id } } }',
  },
  'Query.approvalRequests': {
    of: 'PipelineExecution',
    document: `query ($id: ID!) {
      approvalRequests(filter: { executionId: $id, statuses: null }) { nodes { id } }
    }`,
  },
  'Query.estimatePipeline': {
    of: 'DesignProposal',
    seenBy: ['owner'], // only the owner can run it
    document: 'query ($id: ID!) { estimatePipeline(source: { proposalId: $id }, request: "It") { cost } }',
  },
  'Subscription.conversationEvents': {
    of: 'Conversation',
    document: 'subscription ($id: ID!) { conversationEvents(conversationId: $id) { __typename } }',
  },
  'Subscription.executionEvents': {
    of: 'PipelineExecution',
    document: 'subscription ($id: ID!) { executionEvents(executionId: $id) { __typename } }',
  },
  'Subscription.agentTokens': {
    of: 'PipelineExecution',
    document: 'subscription ($id: ID!) { agentTokens(executionId: $id) { __typename } }',
  },
  'Subscription.pipelineProgress': {
    of: 'PipelineExecution',
    document: 'subscription ($id: ID!) { pipelineProgress(executionId: $id) { __typename } }',
  },
};

const people = {} as Record<Reader, Account>;
const ids = {} as Record<Thing, string>;
let cursors: Record<string, string>;

beforeAll(async () => {
  people.admin = await app.register();
  people.owner = await app.member(people.admin, 'USER');
  people.colleague = await app.member(people.admin, 'USER');
  people.guest = await app.member(people.admin, 'GUEST');
  people.stranger = await app.register();
  people.anonymous = { ...people.stranger, token: '' };
  // Some of the stranger's are older, some newer.
  for (const _ of [1, 2, 3]) await openConversation(app, people.stranger);
  await waiting(people.stranger, design({ key: 'asks', approval: {} }));
  await makeThings(people.owner);
  await openConversation(app, people.stranger);
  await waiting(people.stranger, design({ key: 'asks', approval: {} }));
});

describe('the tables of this file', () => {
  it('contain every query and subscription that takes an id', () => {
    const fields = [schema.getQueryType()!, schema.getSubscriptionType()!].flatMap((root) =>
      Object.values(root.getFields())
        .filter(({ args }) => args.some(takesId))
        .map(({ name }) => `${root.name}.${name}`),
    );
    expect(fields.toSorted()).toEqual(Object.keys(READS).toSorted());
  });

  it('contain every mutation that takes an id', () => {
    const fields = Object.values(schema.getMutationType()!.getFields()).filter(({ args }) =>
      args.some(takesId),
    );
    expect(fields.map(({ name }) => name).toSorted()).toEqual(WRITES.map(({ name }) => name).toSorted());
  });

  it('contain every node type', () => {
    const nodes = schema.getPossibleTypes(schema.getType('Node') as never).map(({ name }) => name);
    expect([...new Set(Object.keys(SEEN_BY).map(typeOf))].toSorted()).toEqual(nodes.toSorted());
  });
});

describe.each(Object.entries(READS))('%s', (name, read) => {
  const things = (Object.keys(SEEN_BY) as Thing[]).filter((thing) => !read.of || typeOf(thing) === read.of);

  it.each(things)('shows a %s to users who may see it; for others it does not exist', async (thing) => {
    const missing = encodeId(typeOf(thing), missingId(thing));
    const seenBy = await filter(READERS, async (reader) => {
      const answer = await ask(reader, read.document, { id: ids[thing] });
      const nothing = await ask(reader, read.document, { id: missing });
      if (answer === nothing) expect(answer).toMatch(refusal(name, reader));
      return answer !== nothing;
    });
    expect(seenBy).toEqual(read.seenBy ?? SEEN_BY[thing]);
  });
});

const WRITES = Object.entries(MUTATION_INPUTS).flatMap(([name, { of, withId, ...more }]) =>
  of ? [{ name, of, withId, allowedTo: 'allowedTo' in more ? more.allowedTo : undefined }] : [],
);

describe.each(WRITES)('$name', ({ name, of, withId, allowedTo = ['owner'] }) => {
  it('is refused to all who may not do it; for users who cannot see the object it does not exist', async () => {
    const others = READERS.filter((reader) => !allowedTo.some((one) => one === reader));
    await filter(others, async (reader) => {
      const document = mutationDocument(name, '');
      const answer = await ask(reader, document, { input: withId(ids[of]) });
      const nothing = await ask(reader, document, { input: withId(encodeId(of, missingId(of))) });
      expect(answer).toMatch(/"NotFoundError"|"FORBIDDEN"|"UNAUTHENTICATED"/);
      if (!SEEN_BY[of].includes(reader)) expect(answer, reader).toBe(nothing);
      return true;
    });
  });
});

describe('an API key of the owner without permissions', () => {
  it.each(WRITES)('cannot use $name', async ({ name, of, withId }) => {
    const { errors } = await app.graphql(
      mutationDocument(name, ''),
      { input: withId(ids[of]) },
      await createKey(app, people.owner),
    );
    expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  });
});

const TYPES: Record<string, string> = {
  conversations: 'Conversation',
  executions: 'PipelineExecution',
  approvalRequests: 'ApprovalRequest',
};

describe('a list', () => {
  it.each(['conversations', 'executions', 'approvalRequests'])(
    'of %s contains and counts only objects that the viewer may see',
    async (field) => {
      const args = field === 'approvalRequests' ? '(filter: { statuses: null })' : '';
      const known = new Map((Object.keys(ids) as Thing[]).map((thing) => [ids[thing], thing]));
      const type = TYPES[field];
      for (const reader of READERS.filter((one) => one !== 'anonymous')) {
        const members = await list(reader, `${field}${args}`);
        const things = members.flatMap((id) => known.get(id) ?? []);
        const visible = (Object.keys(SEEN_BY) as Thing[]).filter(
          (thing) => typeOf(thing) === type && SEEN_BY[thing].includes(reader),
        );
        expect(things.toSorted(), reader).toEqual(visible.toSorted());
        expect(await count(reader, `${field}${args}`), reader).toBe(members.length);
      }
    },
  );

  it('never searches other tenants', async () => {
    expect(await list('owner', 'conversations(filter: { search: "secret" })')).toHaveLength(1);
    expect(await list('stranger', 'conversations(filter: { search: "secret" })')).toEqual([]);
  });

  it.each(['conversations', 'executions', 'approvalRequests'])(
    'of %s treats a foreign cursor like an invented one',
    async (field) => {
      const page = `query ($cursor: String) {
        after: ${field}(first: 2, after: $cursor) { ...Page }
        before: ${field}(last: 2, before: $cursor) { ...Page }
      }
      fragment Page on ${TYPES[field]}Connection {
        edges { node { id } } pageInfo { hasNextPage }
      }`;
      const foreign = await ask('stranger', page, { cursor: cursors[field] });
      const madeUp = await ask('stranger', page, { cursor: madeUpCursor(cursors[field]!) });
      expect(foreign).toContain('"id":');
      expect(foreign).toBe(madeUp);
    },
  );
});

describe('the fields of a run', () => {
  it('hide the conversation from members who may only decide about the run', async () => {
    const run = 'conversation { id title messages { edges { node { content } } } }';
    const document = `query ($run: ID!, $request: ID!) {
      execution(id: $run) { id ${run} }
      approvalRequest(id: $request) { execution { id ${run} } }
      node(id: $run) { ... on PipelineExecution { id ${run} } }
    }`;
    const variables = {
      run: ids['PipelineExecution that others decide'],
      request: ids['ApprovalRequest that others decide'],
    };
    const { data } = await app.graphql(document, variables, people.colleague);
    const seen = { id: variables.run, conversation: null };
    expect(data).toEqual({ execution: seen, approvalRequest: { execution: seen }, node: seen });
    expect(await ask('owner', document, variables)).toContain('A secret plan');
  });
});

describe('fields that no input type has', () => {
  const mutations = Object.keys(schema.getMutationType()!.getFields());

  it.each(mutations)('are rejected by %s for every role', async (name) => {
    for (const extra of ['tenantId', 'ownerId', 'userId', 'role', 'plan', 'costMicros']) {
      const { of, withId, withoutId } = MUTATION_INPUTS[name]!;
      const valid: Record<string, unknown> = of ? withId(ids[of]) : withoutId();
      if (extra in valid) continue; // a field of this input
      const input = { ...valid, [extra]: 'ADMIN' };
      const { status, data, errors } = await app.graphql(mutationDocument(name, ''), { input }, people.owner);
      expect([status, data ?? null, errors?.[0]?.extensions?.['code']]).toEqual([
        400,
        null,
        'BAD_USER_INPUT',
      ]);
    }
  });
});

/** One run that only its owner decides about, one that others do, and a conversation with all that is in it. */
async function makeThings(owner: Account): Promise<void> {
  const { user } = owner.session;
  const conversation = await openConversation(app, owner);
  await talk(app, owner, conversation, NEED);
  await app.mutate('renameConversation', { conversationId: conversation, title: 'A secret plan' }, '', owner);
  const { messages, proposals } = await readConversation(app, owner, conversation);

  const asks = design({ key: 'first' }, { key: 'asks', approval: {}, dependsOn: ['first'] });
  const own = await waiting(owner, asks);
  await decide(app, owner, own.approvals[0]!.id, 'APPROVE');
  await runWhen(app, owner, own.id, hasEnded);
  const shared = await waiting(owner, { ...asks, requireDifferentApprover: true } as typeof asks);
  await app.services.database.prisma.pipelineExecution.update({
    where: { id: rowId(shared.id) },
    data: { conversationId: rowId(conversation) },
  });

  Object.assign(ids, {
    Conversation: conversation,
    Message: messages.edges[1]!.node.id,
    DesignProposal: proposals[0]!.id,
    PipelineExecution: own.id,
    StepExecution: encodeId('StepExecution', `${rowId(own.id)}:first`),
    Checkpoint: encodeId('Checkpoint', `${rowId(own.id)}:1`),
    ApprovalRequest: own.approvals[0]!.id,
    'PipelineExecution that others decide': shared.id,
    'StepExecution that others decide': encodeId('StepExecution', `${rowId(shared.id)}:first`),
    'Checkpoint that others decide': encodeId('Checkpoint', `${rowId(shared.id)}:1`),
    'ApprovalRequest that others decide': shared.approvals[0]!.id,
    Invitation: await invitationOf(people.admin),
    ApiKey: (await createKey(app, owner)).id,
    User: user.id,
    Tenant: user.tenant.id,
    Session: await sessionOf(owner),
    AuditEntry: await auditEntryOf(people.admin),
  } satisfies Record<Thing, string>);
  cursors = {
    conversations: await cursorOf('conversations', conversation),
    executions: await cursorOf('executions', own.id),
    approvalRequests: await cursorOf('approvalRequests(filter: { statuses: null })', own.approvals[0]!.id),
  };
}

async function sessionOf(account: Account): Promise<string> {
  const { data } = await app.graphql<{ sessions: { id: string }[] }>('{ sessions { id } }', {}, account);
  return data!.sessions[0]!.id;
}

async function auditEntryOf(admin: Account): Promise<string> {
  const { data } = await app.graphql<{ auditLog: { nodes: { id: string }[] } }>(
    '{ auditLog(first: 1) { nodes { id } } }',
    {},
    admin,
  );
  return data!.auditLog.nodes[0]!.id;
}

async function invitationOf(admin: Account): Promise<string> {
  const { invitation } = await app.mutate<{ invitation: { id: string } }>(
    'inviteUser',
    { email: 'invited@example.com', role: 'USER' },
    '... on InviteUserSuccess { invitation { id } }',
    admin,
  );
  return invitation.id;
}

async function waiting(owner: Account, steps: ReturnType<typeof design>) {
  const id = await startRun(app, owner, steps);
  return runWhen(app, owner, id, (run) => run.status === 'WAITING_FOR_APPROVAL');
}

/** The whole answer as text; of a subscription its first result. */
async function ask(reader: Reader, query: string, variables: object): Promise<string> {
  const { token } = people[reader];
  if (query.startsWith('subscription')) {
    for await (const result of app.events(query, variables, { token })) return JSON.stringify(result);
    return 'nothing';
  }
  const { status, data, errors } = await app.graphql(query, variables, { token });
  return JSON.stringify({ status, data, errors });
}

async function list(reader: Reader, field: string): Promise<string[]> {
  const { data } = await app.graphql<{ list: { edges: { node: { id: string } }[] } }>(
    `{ list: ${field} { edges { node { id } } } }`,
    {},
    people[reader],
  );
  return data!.list.edges.map(({ node }) => node.id);
}

async function count(reader: Reader, field: string): Promise<number> {
  const { data } = await app.graphql<{ list: { totalCount: number } }>(
    `{ list: ${field} { totalCount } }`,
    {},
    people[reader],
  );
  return data!.list.totalCount;
}

async function filter<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(all.map(holds));
  return all.filter((_, index) => kept[index]);
}

/** How a field says that there is nothing. */
function refusal(field: string, reader: Reader): RegExp {
  if (reader === 'anonymous') return /"UNAUTHENTICATED"/;
  if (field === 'Query.nodes') return /"data":\{"nodes":\[null\]\}\}$/;
  if (/^Query\..*s$/.test(field)) return /"nodes":\[\]/;
  return field.startsWith('Query.') ? /"data":\{"\w+":null\}\}$/ : /"code":"NOT_FOUND"/;
}

function takesId({ type }: Pick<GraphQLArgument, 'type'>): boolean {
  const named = getNamedType(type) as GraphQLInputType;
  if (String(named) === 'ID') return true;
  return isInputObjectType(named) && Object.values(named.getFields()).some(takesId);
}

function typeOf(thing: string): string {
  return thing.split(' ')[0]!;
}

async function cursorOf(field: string, id: string): Promise<string> {
  const { data } = await app.graphql<{ list: { edges: { cursor: string; node: { id: string } }[] } }>(
    `{ list: ${field} { edges { cursor node { id } } } }`,
    {},
    people.owner,
  );
  return data!.list.edges.find(({ node }) => node.id === id)!.cursor;
}

/** The same place in a list, of a row that does not exist. */
function madeUpCursor(cursor: string): string {
  const place = Buffer.from(cursor, 'base64').toString();
  return Buffer.from(place.replace(/[0-9a-f-]{22}(?=\W*$)/, randomUUID().slice(14))).toString('base64');
}

/** As old as what there is, so that an order by ids says nothing. */
function missingId(thing: string): string {
  const id = `${rowId(ids[thing as Thing]).slice(0, 14)}${randomUUID().slice(14)}`;
  return ['Checkpoint', 'StepExecution'].includes(typeOf(thing)) ? `${id}:1` : id;
}

type Reader = (typeof READERS)[number];
type Thing =
  | 'Session'
  | 'Conversation'
  | 'Message'
  | 'DesignProposal'
  | 'PipelineExecution'
  | 'StepExecution'
  | 'Checkpoint'
  | 'ApprovalRequest'
  | 'PipelineExecution that others decide'
  | 'StepExecution that others decide'
  | 'Checkpoint that others decide'
  | 'ApprovalRequest that others decide'
  | 'ApiKey'
  | 'Invitation'
  | 'User'
  | 'Tenant'
  | 'AuditEntry';

interface Read {
  /** Left out: of every type. */
  of?: string;
  /** Where it is stricter than the table. */
  seenBy?: readonly Reader[];
  document: string;
}
