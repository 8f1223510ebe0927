import type { PrismaModelTypes, PrismaNodeOptions } from '@pothos/plugin-prisma';
import type { Viewer } from '../access/viewer.ts';
import type { Context } from '../kernel/context.ts';
import { builder, type SchemaTypes } from './builder.ts';

/**
 * Declares a stored object that `node(id)` can read. `visibleTo` is the Prisma condition that limits which rows a
 * viewer can read.
 */
export function node<Name extends ModelName>(model: Name, options: NodeOptions<Name>) {
  const { visibleTo, key = byId, ...rest } = options;
  return builder.prismaNode<Name>(model, {
    ...rest,
    ...key,
    id: { ...key.id, description: 'Globally unique, opaque and stable identifier.' },
    nullable: true,
    findUnique: (id: string, ctx: Context) => ({
      ...key.where(id),
      // `node` requires a viewer. Without one, a public mutation reads more fields of the object that it returns.
      AND: ctx.viewer ? visibleTo(ctx.viewer) : {},
    }),
  } as never);
}

const byId: NodeKey = { id: { field: 'id' }, where: (id) => ({ id }) };

export type Models = SchemaTypes['PrismaTypes'];
export type ModelName = keyof Models;
interface NodeOptions<Name extends ModelName> {
  description: string;
  visibleTo: (viewer: Viewer) => Models[Name]['Where'];
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
  id: object;
  where: (id: string) => object;
  select?: object;
}
