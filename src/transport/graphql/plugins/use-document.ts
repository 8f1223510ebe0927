import { type DocumentNode, getOperationAST, type OperationTypeNode } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';

/**
 * Keeps the parsed document for what is asked about it while the context is built, and whether that has begun: it does for
 * valid documents only.
 */
export function useDocument(): Plugin {
  return {
    onContextBuilding({ extendContext }) {
      const valid: object = { [IS_VALID]: true };
      extendContext(valid);
    },
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

/** Whether the document of a request has been found valid. */
export function hasValidDocument(context: object): boolean {
  return IS_VALID in context;
}

/** Null when the document has no operation of the name. */
export function operationTypeOf(context: object): OperationTypeNode | null {
  const { params } = context as ParsedContext;
  return getOperationAST(documentOf(context), params.operationName)?.operation ?? null;
}

const DOCUMENT = Symbol('document');
const IS_VALID = Symbol('isValid');

interface ParsedContext {
  params: GraphQLParams;
  [DOCUMENT]: DocumentNode;
}
