import type { ObjectRef } from '@pothos/core';
import { builder, type SchemaTypes } from './builder.ts';

/**
 * The connection type and edge type of a node, shared by all fields that list it. Pass both to the field:
 * `t.prismaConnection({ … }, ...ConversationConnection)`.
 */
export function connection<Node extends object>(type: ObjectRef<SchemaTypes, Node>, name: string) {
  const edge = builder.edgeObject({ type, name: `${name}Edge` });
  const page = builder.connectionObject(
    {
      type,
      name: `${name}Connection`,
      fields: (t) => ({
        totalCount: t.int({
          description: 'Number of items across all pages that match the filter. Counted only when selected.',
          extensions: { pothosPrismaTotalCount: true },
          resolve: (list) => countOf(list as Counted),
        }),
      }),
    },
    edge,
  );
  return [page, edge] as const;
}

/** Plugins set either the number or a function that counts. */
async function countOf({ totalCount }: Counted): Promise<number> {
  if (totalCount === undefined) throw new Error('this connection has no totalCount');
  return typeof totalCount === 'function' ? totalCount() : totalCount;
}

export type ConnectionRefs = readonly [object, object];

interface Counted {
  totalCount?: number | (() => number | Promise<number>);
}
