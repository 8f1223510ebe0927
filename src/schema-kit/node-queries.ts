import { isObjectType, type GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import { decodeGlobalId } from './global-id.ts';

builder.queryFields((t) => ({
  node: t.node({
    description: 'Object with the given global id. Null when it does not exist or you may not see it.',
    args: { id: t.arg.id({ required: true, description: 'Global id of the object.' }) },
    id: (_root, { id }, _ctx, info) => nodeId(info.schema, id),
  }),
  nodes: t.nodeList({
    description:
      'Objects with the given global ids, in the same order. Null for each one that does not exist or that you may not see.',
    args: { ids: t.arg.idList({ required: true, description: 'Global ids of the objects.' }) },
    complexity: ({ ids }) => ({ field: 1, multiplier: ids.length }),
    ids: (_root, { ids }, _ctx, info) => ids.map((id) => nodeId(info.schema, id)),
  }),
}));

/** Returns null for an id of an unknown type, for which the Relay plugin would throw instead of answering null. */
function nodeId(schema: GraphQLSchema, globalId: string): string | null {
  const type = schema.getType(decodeGlobalId(globalId).typename);
  const isNode =
    isObjectType(type) && type.getInterfaces().some((implemented) => implemented.name === 'Node');
  return isNode ? globalId : null;
}
