import type { PrismaModelTypes, PrismaNodeOptions } from '@pothos/plugin-prisma';
import type { Viewer } from '../access/viewer.ts';
import type { Context } from '../kernel/context.ts';
import { builder, type SchemaTypes } from './builder.ts';

/**
 * Declares a stored object that `node(id)` can read. `visibleTo` is the condition that its row must meet for a viewer;
 * nothing reads a node without one, and nobody who is not signed in reads any.
 */
export function node<Name extends ModelName>(model: Name, options: NodeOptions<Name>) {
  const { visibleTo, key = byId, ...rest } = options;
  return builder.prismaNode<Name>(model, {
    ...rest,
    ...key,
    id: { ...key.id, description: 'Opaque and stable.' },
    nullable: true,
    findUnique: (id: string, ctx: Context) => ({
      ...key.where(id),
      AND: ctx.viewer ? visibleTo(ctx.viewer) : NOBODY,
    }),
  } as never);
}

const byId: NodeKey = { id: { field: 'id' }, where: (id) => ({ id }) };

/** Holds for no row. */
const NOBODY = { OR: [] };

export type Models = SchemaTypes['PrismaTypes'];
export type ModelName = keyof Models;
interface NodeOptions<Name extends ModelName> {
  description: string;
  visibleTo: (viewer: Viewer) => Models[Name]['Where'];
  /** Left out: the column `id`. */
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

/** How the id of a node is made from its row, and its row found by that id. */
interface NodeKey {
  id: object;
  where: (id: string) => object;
  select?: object;
}
