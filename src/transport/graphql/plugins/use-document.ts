import { type DocumentNode, getOperationAST, type OperationTypeNode } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';

/** Keeps the parsed document for what is asked about it while the context is built. */
export function useDocument(): Plugin {
  return {
    onParse:
      () =>
      ({ result, extendContext }) => {
        const parsed: object = { [DOCUMENT]: result };
        extendContext(parsed);
      },
  };
}

/** The document of a request that has been parsed. */
export function documentOf(context: object): DocumentNode {
  return (context as ParsedContext)[DOCUMENT];
}

/** Null when the document has no operation of the name. */
export function operationTypeOf(context: object): OperationTypeNode | null {
  const { params } = context as ParsedContext;
  return getOperationAST(documentOf(context), params.operationName)?.operation ?? null;
}

const DOCUMENT = Symbol('document');

interface ParsedContext {
  params: GraphQLParams;
  [DOCUMENT]: DocumentNode;
}
