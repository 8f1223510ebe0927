import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from '../kernel/context.ts';

/** Sets how the objects of a node type are read: those that the viewer may see, in one statement. */
export function nodeLoader(typename: string, load: NodeLoader): void {
  LOADERS.set(typename, load);
}

export function loaderOf(typename: string): NodeLoader | undefined {
  return LOADERS.get(typename);
}

const LOADERS = new Map<string, NodeLoader>();

/** Returns the objects by id; those that do not exist or are not visible are missing. */
export type NodeLoader = (
  ids: readonly string[],
  ctx: Context,
  info: GraphQLResolveInfo,
) => Promise<ReadonlyMap<string, object>>;
