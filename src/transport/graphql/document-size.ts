import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionNode } from 'graphql';

/**
 * Measures a document without its schema, in linear time: the selections of a fragment count wherever it is spread, and
 * are measured once. A fragment that spreads itself counts as empty there; validation refuses it.
 */
export function sizeOfDocument({ definitions }: DocumentNode): DocumentSize {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, DocumentSize>();

  /** The size of what stands inside a node, and the directives of the node. */
  function sizeOf(node: MeasuredNode): DocumentSize {
    const size = { ...EMPTY, directives: node.directives?.length ?? 0 };
    if (node.kind === Kind.FIELD && node.name.value === '__schema') return size; // queries of tools are deep
    for (const selection of node.selectionSet?.selections ?? []) add(size, sizeOfSelection(selection));
    return size;
  }

  function sizeOfSelection(selection: SelectionNode): DocumentSize {
    const inside = selection.kind === Kind.FRAGMENT_SPREAD ? sizeOfSpread(selection) : sizeOf(selection);
    const alias = selection.kind === Kind.FIELD ? selection.alias?.value : undefined;
    return {
      depth: inside.depth + 1,
      aliases: inside.aliases + (alias === undefined ? 0 : 1),
      directives: inside.directives,
      aliasLength: Math.max(inside.aliasLength, alias?.length ?? 0),
    };
  }

  function sizeOfSpread({ name, directives = [] }: SpreadNode): DocumentSize {
    const fragment = fragments.get(name.value);
    if (fragment && !measured.has(name.value)) {
      measured.set(name.value, EMPTY); // ends a cycle
      measured.set(name.value, sizeOf(fragment));
    }
    const size = measured.get(name.value) ?? EMPTY;
    return { ...size, directives: size.directives + directives.length };
  }

  const size = { ...EMPTY };
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases, directives, aliasLength } = sizeOf(definition);
    size.depth = Math.max(size.depth, depth);
    size.aliases = Math.max(size.aliases, aliases);
    size.directives = Math.max(size.directives, directives);
    size.aliasLength = Math.max(size.aliasLength, aliasLength);
  }
  return size;
}

function add(size: DocumentSize, part: DocumentSize): void {
  size.depth = Math.max(size.depth, part.depth);
  size.aliases += part.aliases;
  size.directives += part.directives;
  size.aliasLength = Math.max(size.aliasLength, part.aliasLength);
}

const EMPTY: Readonly<DocumentSize> = { depth: 0, aliases: 0, directives: 0, aliasLength: 0 };

/** Each value is that of the largest operation. */
export interface DocumentSize {
  /** Levels of fields and fragments inside each other. */
  depth: number;
  aliases: number;
  directives: number;
  /** Characters of the longest alias. */
  aliasLength: number;
}

type SpreadNode = Extract<SelectionNode, { kind: Kind.FRAGMENT_SPREAD }>;
type MeasuredNode =
  | Extract<DocumentNode['definitions'][number], { selectionSet: object }>
  | Exclude<SelectionNode, SpreadNode>;
