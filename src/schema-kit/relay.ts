import { decodeGlobalId, encodeId } from './global-id.ts';

/** The Relay specification as this API speaks it. The root fields `node` and `nodes` stand in `node.ts`. */
export const relayOptions = {
  encodeGlobalID: (typename: string, id: string | number | bigint) => encodeId(typename, String(id)),
  decodeGlobalID: decodeGlobalId,
  nodeQueryOptions: false,
  nodesQueryOptions: false,
  idFieldOptions: { description: 'Opaque and stable; unique among all objects of the API.' },
  nodeTypeOptions: { description: 'An object that can be read again by its id.' },

  defaultConnectionTypeOptions: { description: 'A page of a list, as the Relay specification has it.' },
  // The page itself counts its members; counting the list of edges again would square them.
  edgesFieldOptions: {
    description: 'The members of this page, in order.',
    nullable: false,
    complexity: { field: 1, multiplier: 1 },
  },
  nodesOnConnection: {
    description: 'The members of this page without their cursors, in order.',
    complexity: { field: 1, multiplier: 1 },
  },
  pageInfoFieldOptions: { description: 'Whether there is more, and from where to go on.' },
  defaultEdgeTypeOptions: { description: 'A member of a page, with the cursor of its place.' },
  nodeFieldOptions: { description: 'The member itself.', nullable: false },
  cursorFieldOptions: { description: 'The place of this member: give it as `after` or `before`.' },

  pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
  hasNextPageFieldOptions: { description: 'Whether more follows the end of this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether more comes before the start of this page.' },
  startCursorFieldOptions: { description: 'The cursor of the first member; null for an empty page.' },
  endCursorFieldOptions: { description: 'The cursor of the last member; null for an empty page.' },

  firstArgOptions: { description: 'At most this many from the start of the list; 1 to 100, 20 unless set.' },
  afterArgOptions: { description: 'Only what follows this cursor.' },
  lastArgOptions: { description: 'At most this many from the end of the list; 1 to 100.' },
  beforeArgOptions: { description: 'Only what comes before this cursor.' },
} as const;
