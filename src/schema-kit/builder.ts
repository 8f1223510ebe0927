import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type PrismaTypes from '../generated/pothos-prisma-types.ts';
import { getDatamodel } from '../generated/pothos-prisma-types.ts';
import { authorize } from '../access/authorize.ts';
import { isPublic, type OperationName } from '../access/permissions.ts';
import type { AnswerSize } from '../kernel/answer-size.ts';
import type { Context } from '../kernel/context.ts';
import { DEFAULT_PAGE, MAX_PAGE } from '../kernel/reads/pagination.ts';
import { FIELD_RULES } from './rules/field-rules.ts';
import { relayOptions } from './relay.ts';

/**
 * The schema builder of all modules. The order of the plugins matters: `errors` is outermost so that it catches
 * what the others throw; the field rules are last, because each plugin sees only the options added by later ones.
 */
export const builder = new SchemaBuilder<BuilderTypes>({
  plugins: [ErrorsPlugin, ScopeAuthPlugin, RelayPlugin, PrismaPlugin, ComplexityPlugin, FIELD_RULES],
  defaultFieldNullability: false,
  errors: { defaultTypes: [], directResult: true },
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: (ctx) => ({ operation: (name) => isPublic(name) || authorize(ctx, name) !== null }),
  },
  relay: relayOptions,
  prisma: {
    client: (ctx) => ctx.database.prisma,
    dmmf: getDatamodel(),
    exposeDescriptions: false,
    defaultConnectionSize: DEFAULT_PAGE,
    maxConnectionSize: MAX_PAGE,
    onUnusedQuery: 'error',
  },
});

builder.queryType({
  description:
    'Read operations. An object that you may not see is indistinguishable from one that does not exist.',
});
builder.mutationType({
  description:
    'Write operations. Each returns a union of its success type and the errors that a client can handle; select `__typename` to tell them apart.',
});
builder.subscriptionType({
  description:
    'Live events over WebSocket (graphql-transport-ws) or SSE. To resume, pass the last `seq` you received as `after`.',
});

export type SchemaTypes = (typeof builder)['$inferSchemaTypes'];

/** The context of resolvers. */
export interface GraphQLContext extends Context {
  /** The bytes of this answer. */
  answer: AnswerSize;
}

interface BuilderTypes {
  Context: GraphQLContext;
  PrismaTypes: PrismaTypes;
  AuthScopes: { operation: OperationName };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Date: { Input: Date; Output: Date };
    Decimal: { Input: bigint; Output: bigint };
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
  };
}
