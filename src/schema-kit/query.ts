import type { InputFieldMap, InputShapeFromFields } from '@pothos/core';
import { authorize } from '../access/authorize.ts';
import type { ProtectedOperation } from '../access/permissions.ts';
import type { Viewer } from '../access/viewer.ts';
import { visible, type VisibleType } from '../access/visibility.ts';
import type { Context } from '../kernel/context.ts';
import { keyset, type Order } from '../kernel/reads/pagination.ts';
import { builder, type SchemaTypes } from './builder.ts';
import type { ConnectionRefs } from './connection.ts';
import { delegateOf, type ModelName, type Models } from './rules/delegate.ts';
import { decodeId } from './global-id.ts';

/** Declares a query for one object by its id: `conversation(id: ID!): Conversation`. */
export function queryOne<Name extends ModelName & VisibleType>(
  field: QueryName,
  options: OneOptions<Name>,
): void {
  const { model, description } = options;
  builder.queryField(field, (t) =>
    t.prismaField({
      type: model as 'Conversation',
      nullable: true,
      description,
      args: { id: t.arg.id({ required: true, description: `Id of a \`${model}\`.` }) },
      resolve: (query, _root, { id }, ctx) => {
        const viewer = authorize(ctx, `Query.${field}`);
        const where = { id: decodeId(id, model), AND: visible(model, viewer) };
        return delegateOf(ctx, model).findUnique({ ...query, where }) as never;
      },
    }),
  );
}

/** Declares a query for a connection of the objects that the viewer may see, filtered and ordered by its arguments. */
export function queryList<Name extends ModelName & VisibleType, Args extends InputFieldMap>(
  field: QueryName,
  options: ListOptions<Name, Args>,
): void {
  const { model, connection, description, args, cursor, filter, order } = options;
  const conditions = async (given: InputShapeFromFields<Args>, ctx: Context) => {
    const viewer = authorize(ctx, `Query.${field}`);
    return [visible(model, viewer), await filter(given, viewer, ctx)];
  };
  builder.queryField(field, (t) =>
    t.prismaConnection(
      {
        type: model as 'Conversation',
        nullable: true,
        cursor: cursor as 'id',
        description,
        args: args(t as never) as {},
        totalCount: async (_root, given, ctx) =>
          delegateOf(ctx, model).count({ where: { AND: await conditions(given as never, ctx) } }),
        resolve: async (query, _root, given, ctx) => {
          const { behind, ...page } = keyset(query, order(given as never));
          const where = { AND: [...(await conditions(given as never, ctx)), behind] };
          return delegateOf(ctx, model).findMany({ ...page, where }) as never;
        },
      },
      ...(connection as never as []),
    ),
  );
}

type QueryName = ProtectedOperation extends infer Name
  ? Name extends `Query.${infer Field}`
    ? Field
    : never
  : never;

interface OneOptions<Name extends ModelName> {
  model: Name;
  description: string;
}

interface ListOptions<Name extends ModelName, Args extends InputFieldMap> extends OneOptions<Name> {
  connection: ConnectionRefs;
  /** Unique index whose columns form the cursor. */
  cursor: 'id' | 'updatedAt_id';
  args: (t: PothosSchemaTypes.RootFieldBuilder<SchemaTypes, object, 'Query'>) => Args;
  filter: (
    args: InputShapeFromFields<Args>,
    viewer: Viewer,
    ctx: Context,
  ) => Models[Name]['Where'] | Promise<Models[Name]['Where']>;
  order: (args: InputShapeFromFields<Args>) => Order;
}
