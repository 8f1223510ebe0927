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
import type { Context } from '../kernel/context.ts';
import { FIELD_RULES } from './field-rules.ts';
import { relayOptions } from './relay.ts';

/**
 * What every `schema.ts` builds with. The order of the plugins matters: errors is outermost, so that it sees
 * what the others throw; field rules come last, since what a plugin adds to a field is seen by those before it.
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
    defaultConnectionSize: 20,
    maxConnectionSize: 100,
    onUnusedQuery: 'error',
  },
});

builder.queryType({ description: 'Reads. An id that you may not see reads like one that does not exist.' });
builder.mutationType({
  description:
    'Writes. Each gives a union of what it made and the errors that a caller can cause and handle; ask for `__typename`.',
});
builder.subscriptionType({
  description:
    'Live events over WebSocket (graphql-transport-ws) or SSE. Hand back the last `seq` as `after` to go on where you were.',
});

export type SchemaTypes = (typeof builder)['$inferSchemaTypes'];

interface BuilderTypes {
  Context: Context;
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
