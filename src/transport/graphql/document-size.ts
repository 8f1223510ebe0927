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
  const measured = new Map<string, TreeSize>();
  const repetitions = new RepetitionCounter(fragments);

  /** The size of what stands inside a node, and the directives of the node. */
  function sizeOf(node: MeasuredNode): TreeSize {
    const size = { ...EMPTY, directives: node.directives?.length ?? 0 };
    for (const selection of node.selectionSet?.selections ?? []) add(size, sizeOfSelection(selection));
    if (!isIntrospection(node)) return size;
    // Queries of tools are deep, and have no aliases.
    return { ...size, depth: 0, aliases: INTROSPECTION_ALIASES * size.aliases };
  }

  function sizeOfSelection(selection: SelectionNode): TreeSize {
    const inside = selection.kind === Kind.FRAGMENT_SPREAD ? sizeOfSpread(selection) : sizeOf(selection);
    const alias = selection.kind === Kind.FIELD ? selection.alias?.value : undefined;
    return {
      depth: inside.depth + 1,
      aliases: inside.aliases + (alias === undefined ? 0 : 1),
      directives: inside.directives,
      aliasLength: Math.max(inside.aliasLength, alias?.length ?? 0),
    };
  }

  function sizeOfSpread({ name, directives = [] }: SpreadNode): TreeSize {
    const fragment = fragments.get(name.value);
    if (fragment && !measured.has(name.value)) {
      measured.set(name.value, EMPTY); // ends a cycle
      measured.set(name.value, sizeOf(fragment));
    }
    const size = measured.get(name.value) ?? EMPTY;
    return { ...size, directives: size.directives + directives.length };
  }

  const size: DocumentSize = { ...EMPTY, repetitions: 0 };
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases, directives, aliasLength } = sizeOf(definition);
    size.depth = Math.max(size.depth, depth);
    size.aliases = Math.max(size.aliases, aliases);
    size.directives = Math.max(size.directives, directives);
    size.aliasLength = Math.max(size.aliasLength, aliasLength);
    size.repetitions = Math.max(size.repetitions, repetitions.among(definition.selectionSet.selections));
  }
  return size;
}

function add(size: TreeSize, part: TreeSize): void {
  size.depth = Math.max(size.depth, part.depth);
  size.aliases += part.aliases;
  size.directives += part.directives;
  size.aliasLength = Math.max(size.aliasLength, part.aliasLength);
}

/**
 * Counts how often one object is selected at one place, where validation merges its selections. What is selected inside
 * it meets what is selected inside its repetitions: the counts multiply. Leaves are cheap.
 */
class RepetitionCounter {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #namesOf = new Map<string, ReadonlyMap<string, number>>();

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments;
  }

  /** The largest count of one name. */
  among(selections: readonly SelectionNode[]): number {
    const names = new Map<string, number>();
    for (const selection of selections) this.#add(names, selection);
    return Math.max(0, ...names.values());
  }

  #add(names: Map<string, number>, selection: SelectionNode): void {
    if (selection.kind === Kind.FIELD) {
      const { name, alias = name, selectionSet } = selection;
      if (selectionSet) raise(names, alias.value, Math.max(1, this.among(selectionSet.selections)));
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      for (const inside of selection.selectionSet.selections) this.#add(names, inside);
    } else {
      for (const [name, count] of this.#inFragment(selection.name.value)) raise(names, name, count);
    }
  }

  /** Each fragment is counted once, however often it is spread. */
  #inFragment(fragmentName: string): ReadonlyMap<string, number> {
    const known = this.#namesOf.get(fragmentName);
    if (known) return known;
    const names = new Map<string, number>();
    this.#namesOf.set(fragmentName, names); // ends a cycle
    for (const selection of this.#fragments.get(fragmentName)?.selectionSet.selections ?? [])
      this.#add(names, selection);
    return names;
  }
}

function raise(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

function isIntrospection(node: MeasuredNode): boolean {
  return node.kind === Kind.FIELD && (node.name.value === '__schema' || node.name.value === '__type');
}

/** What an alias inside introspection counts as: the answer repeats it for thousands of objects. */
const INTROSPECTION_ALIASES = 10;

const EMPTY: Readonly<TreeSize> = { depth: 0, aliases: 0, directives: 0, aliasLength: 0 };

/** Each value is that of the largest operation. */
export interface DocumentSize {
  /** Levels of fields and fragments inside each other. */
  depth: number;
  aliases: number;
  directives: number;
  /** Characters of the longest alias. */
  aliasLength: number;
  /** How often one object is selected at one place; validation compares the selections of each pair. */
  repetitions: number;
}

/** What adds up from the parts of a document. */
type TreeSize = Omit<DocumentSize, 'repetitions'>;

type SpreadNode = Extract<SelectionNode, { kind: Kind.FRAGMENT_SPREAD }>;
type MeasuredNode =
  | Extract<DocumentNode['definitions'][number], { selectionSet: object }>
  | Exclude<SelectionNode, SpreadNode>;
