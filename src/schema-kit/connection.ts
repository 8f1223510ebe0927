import type { ObjectRef } from '@pothos/core';
import { builder, type SchemaTypes } from './builder.ts';

/**
 * The connection and the edge of a node, named by it and shared by all fields that list it. Hand both to the field:
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
          description: 'Number of members on all pages, with the same filter. Counted only when selected.',
          extensions: { pothosPrismaTotalCount: true },
          resolve: (list) => countOf(list as Counted),
        }),
      }),
    },
    edge,
  );
  return [page, edge] as const;
}

/** Plugins give the number, or how to get it. */
async function countOf({ totalCount }: Counted): Promise<number> {
  if (totalCount === undefined) throw new Error('this list does not count its members');
  return typeof totalCount === 'function' ? totalCount() : totalCount;
}

export type ConnectionRefs = readonly [object, object];

interface Counted {
  totalCount?: number | (() => number | Promise<number>);
}
