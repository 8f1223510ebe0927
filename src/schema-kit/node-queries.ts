import { isObjectType, type GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import { decodeGlobalId } from './global-id.ts';

builder.queryFields((t) => ({
  node: t.node({
    description: 'The object with this id; null when there is none, or none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'An id that the API gave.' }) },
    id: (_root, { id }, _ctx, info) => nodeId(info.schema, id),
  }),
  nodes: t.nodeList({
    description:
      'The objects with these ids, in their order; null for each that is not there or not yours to see.',
    args: { ids: t.arg.idList({ required: true, description: 'Ids that the API gave.' }) },
    complexity: ({ ids }) => ({ field: 1, multiplier: ids.length }),
    ids: (_root, { ids }, _ctx, info) => ids.map((id) => nodeId(info.schema, id)),
  }),
}));

/** The plugin answers an id of no type with an error; here it reads like any other that is not there. */
function nodeId(schema: GraphQLSchema, globalId: string): string | null {
  const type = schema.getType(decodeGlobalId(globalId).typename);
  const isNode =
    isObjectType(type) && type.getInterfaces().some((implemented) => implemented.name === 'Node');
  return isNode ? globalId : null;
}
