import { brandWithType } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import { AppError } from '../errors.ts';
import type { Context } from '../kernel/context.ts';
import { builder } from './builder.ts';
import { FIELD_COSTS } from './rules/field-costs.ts';
import { decodeGlobalId } from './global-id.ts';
import { loaderOf } from './node-loaders.ts';

export const MAX_NODE_IDS = 100;

builder.queryFields((t) => ({
  node: t.node({
    description: 'Object with the given global id. Null when it does not exist or you may not see it.',
    args: { id: t.arg.id({ required: true, description: 'Global id of the object.' }) },
    // The Relay plugin throws for an id of an unknown type.
    id: (_root, { id }) => (loaderOf(decodeGlobalId(id).typename) ? id : null),
  }),
  nodes: t.field({
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    description:
      'Objects with the given global ids, in the same order. Null for each one that does not exist or that you may not see.',
    args: {
      ids: t.arg.idList({
        required: true,
        description: `Global ids of the objects, at most ${MAX_NODE_IDS}; otherwise BAD_USER_INPUT.`,
      }),
    },
    complexity: ({ ids }) => {
      const count = Math.min(ids.length, MAX_NODE_IDS);
      return { field: FIELD_COSTS.root * (1 + count), multiplier: count };
    },
    resolve: (_root, { ids }, ctx, info) => {
      if (ids.length > MAX_NODE_IDS)
        throw new AppError(
          'BAD_USER_INPUT',
          `\`ids\` must have at most ${MAX_NODE_IDS} ids, but has ${ids.length}.`,
        );
      return readNodes(ids, ctx, info);
    },
  }),
}));

/** Reads each object once, and all objects of a type together. */
async function readNodes(globalIds: readonly string[], ctx: Context, info: GraphQLResolveInfo) {
  const ids = [...new Set(globalIds)].map((globalId) => ({ globalId, ...decodeGlobalId(globalId) }));
  const found = new Map<string, object>();
  const groups = Map.groupBy(ids, ({ typename }) => typename);
  const reads = [...groups].map(async ([typename, group]) => {
    const nodes = await loaderOf(typename)?.(
      group.map(({ id }) => id),
      ctx,
      info,
    );
    for (const { id, globalId } of group) {
      const node = nodes?.get(id);
      if (!node) continue;
      brandWithType(node, typename as never);
      found.set(globalId, node);
    }
  });
  await Promise.all(reads);
  return globalIds.map((globalId) => found.get(globalId) ?? null) as never;
}
