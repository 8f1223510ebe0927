import {
  getNamedType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
} from 'graphql';
import { MUTATION_INPUTS } from '../support/mutation-inputs.ts';
import type { Reader } from './readers.ts';

/** Every query and subscription that takes an id, with the type of what it gives. */
export const READS: Record<string, Read> = {
  'Query.node': { document: 'query ($id: ID!) { node(id: $id) { __typename id } }' },
  'Query.nodes': { document: 'query ($id: ID!) { nodes(ids: [$id]) { __typename id } }' },
  'Query.conversation': { of: 'Conversation', document: 'query ($id: ID!) { conversation(id: $id) { id } }' },
  'Query.execution': { of: 'PipelineExecution', document: 'query ($id: ID!) { execution(id: $id) { id } }' },
  'Query.template': { of: 'PipelineTemplate', document: 'query ($id: ID!) { template(id: $id) { id } }' },
  'Query.approvalRequest': {
    of: 'ApprovalRequest',
    document: 'query ($id: ID!) { approvalRequest(id: $id) { id } }',
  },
  'Query.executions': {
    of: 'Conversation',
    document: `query ($id: ID!) {
      executions(filter: { conversationId: $id }) { totalCount nodes { id } pageInfo { hasNextPage } }
    }`,
  },
  'Query.approvalRequests': {
    of: 'PipelineExecution',
    document: `query ($id: ID!) {
      approvalRequests(filter: { executionId: $id, statuses: null }) { totalCount nodes { id } }
    }`,
  },
  'Query.estimatePipeline': {
    of: 'DesignProposal',
    seenBy: ['owner', 'key'], // only the owner can run it
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

/** Every mutation that takes an id, with those who may use it on what `owner` owns. */
export const WRITES = Object.entries(MUTATION_INPUTS).flatMap(([name, { of, withId, ...more }]) =>
  of
    ? [{ name, of, withId, allowedTo: ('allowedTo' in more ? more.allowedTo : undefined) ?? ['owner'] }]
    : [],
);

/** The operations of these tables that a schema lacks, and those of a schema that the tables lack. */
export function differences(schema: GraphQLSchema): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {})
      .filter(({ args }) => args.some(takesId))
      .map(({ name }) => `${root!.name}.${name}`),
  );
  const known = [...Object.keys(READS), ...WRITES.map(({ name }) => `Mutation.${name}`)];
  return [
    ...fields.filter((field) => !known.includes(field)).map((field) => `${field} is in no table`),
    ...known.filter((field) => !fields.includes(field)).map((field) => `${field} takes no id`),
  ];
}

function takesId({ type }: Pick<GraphQLArgument, 'type'>): boolean {
  const named = getNamedType(type) as GraphQLInputType;
  if (String(named) === 'ID') return true;
  return isInputObjectType(named) && Object.values(named.getFields()).some(takesId);
}

/** How a field says that there is nothing. */
export function refusal(field: string, reader: Reader): RegExp {
  if (reader === 'anonymous' || reader === 'expired') return /^\{"status":401,.*"UNAUTHENTICATED"/;
  if (field === 'Query.nodes') return /"data":\{"nodes":\[null\]\}\}$/;
  if (/^Query\..*s$/.test(field)) return /"data":\{"\w+":\{"totalCount":0,"nodes":\[\]/;
  return field.startsWith('Query.') ? /"data":\{"\w+":null\}\}$/ : /"code":"NOT_FOUND"/;
}

interface Read {
  /** Left out: of every type. */
  of?: string;
  /** Where it is stricter than the table of what is seen. */
  seenBy?: readonly Reader[];
  document: string;
}
