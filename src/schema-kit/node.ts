import {
  type PrismaModelTypes,
  type PrismaNodeOptions,
  type PrismaObjectRef,
  queryFromInfo,
} from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import { visible, type VisibleType } from '../access/visibility.ts';
import type { Context } from '../kernel/context.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { delegateOf, type ModelName, type Models } from './rules/delegate.ts';
import { nodeLoader } from './node-loaders.ts';

/**
 * Declares a stored object that `node(id)` can read: only what the viewer may see, and nothing without a viewer. More
 * fields of an object that a resolver has returned are read by its primary key: that resolver has decided who sees it,
 * such as the account of the person who has just registered.
 */
export function node<Name extends ModelName & VisibleType>(
  model: Name,
  options: NodeOptions<Name>,
): NodeRef<Name> {
  const { key = BY_ID, ...rest } = options;
  nodeLoader(model, async (ids, context, info) => {
    const query = await queryFromInfo({ context, info, typeName: model, awaitSelections: true });
    const where = { AND: [key.among(ids), visible(model, context.viewer)] };
    const rows = await delegateOf(context, model).findMany({ ...query, where });
    return new Map(rows.map((row) => [key.idOf(row as never), row as object]));
  });
  const ref = builder.prismaObject(model, rest as never) as unknown as NodeRef<Name>;
  builder.nodeRef(ref, {
    id: { resolve: key.idOf, description: 'Globally unique, opaque and stable identifier.' },
    loadWithoutCache: async (id: string, context: Context, info: GraphQLResolveInfo) => {
      const query = await queryFromInfo({ context, info, typeName: model, awaitSelections: true });
      const where = { ...key.unique(id), AND: visible(model, context.viewer) };
      return delegateOf(context, model).findUnique({ ...query, where });
    },
  } as never);
  return ref;
}

const BY_ID: NodeKey = {
  idOf: ({ id }: { id: string }) => id,
  unique: (id) => ({ id }),
  among: (ids) => ({ id: { in: [...ids] } }),
};

type NodeRef<Name extends ModelName> = PrismaObjectRef<
  SchemaTypes,
  PrismaModelTypes & Models[Name],
  Models[Name]['Shape']
>;

interface NodeOptions<Name extends ModelName> {
  description: string;
  /** Default: the column `id`. */
  key?: NodeKey;
  fields: PrismaNodeOptions<
    SchemaTypes,
    PrismaModelTypes & Models[Name],
    [],
    unknown,
    unknown,
    Models[Name]['Shape'],
    'id'
  >['fields'];
}

/** Maps between the id of a node and its row. */
interface NodeKey {
  idOf: (row: never) => string;
  /** The condition of a unique index. */
  unique: (id: string) => object;
  among: (ids: readonly string[]) => object;
}
