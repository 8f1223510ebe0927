import { decodeGlobalId, encodeId } from './global-id.ts';

/** Options of the Relay plugin. The root fields `node` and `nodes` are declared in `node-queries.ts`. */
export const relayOptions = {
  encodeGlobalID: (typename: string, id: string | number | bigint) => encodeId(typename, String(id)),
  decodeGlobalID: decodeGlobalId,
  nodeQueryOptions: false,
  nodesQueryOptions: false,
  idFieldOptions: { description: 'Globally unique, opaque and stable identifier.' },
  nodeTypeOptions: { description: 'An object with a global id.' },

  defaultConnectionTypeOptions: { description: 'A page of a list, as defined by the Relay specification.' },
  // What a page costs is multiplied by its size: an edge is its node, and `pageInfo` exists once.
  edgesFieldOptions: {
    description: 'Items of this page with their cursors, in order.',
    nullable: false,
    complexity: { field: 0, multiplier: 1 },
  },
  nodesOnConnection: {
    description: 'Items of this page without their cursors, in order.',
    complexity: { field: 1, multiplier: 1 },
  },
  pageInfoFieldOptions: {
    description: 'Position of this page in the list.',
    complexity: { field: 0, multiplier: 0 },
  },
  defaultEdgeTypeOptions: { description: 'An item of a page and its cursor.' },
  nodeFieldOptions: { description: 'The item on the page.', nullable: false },
  cursorFieldOptions: { description: 'Position of the item. Pass it as `after` or `before`.' },

  pageInfoTypeOptions: { description: 'Position of a page in its list.' },
  hasNextPageFieldOptions: { description: 'Whether more items follow this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether more items precede this page.' },
  startCursorFieldOptions: { description: 'Cursor of the first item. Null when the page is empty.' },
  endCursorFieldOptions: { description: 'Cursor of the last item. Null when the page is empty.' },

  firstArgOptions: {
    description: 'Number of items to return from the start of the list, 1 to 100. Default: 20.',
  },
  afterArgOptions: { description: 'Return only items after this cursor.' },
  lastArgOptions: { description: 'Number of items to return from the end of the list, 1 to 100.' },
  beforeArgOptions: { description: 'Return only items before this cursor.' },
} as const;
