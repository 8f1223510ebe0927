import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import { isOperation, type RateClass, rateClassOf } from '../../access/permissions.ts';

/**
 * How many root fields of each rate class a valid document executes. Each alias is a field of its own, also
 * `__typename` and introspection. A document without an operation of the name counts as one field.
 */
export function rateClassesOf(document: DocumentNode, params: GraphQLParams): Map<RateClass, number> {
  const operation = getOperationAST(document, params.operationName);
  if (!operation) return new Map([['DEFAULT', 1]]);
  const kind = KINDS[operation.operation];
  const counts = new Map<RateClass, number>();
  for (const name of rootFieldsOf(document, params).values()) {
    const field = `${kind}.${name}`;
    const rateClass = isOperation(field) ? rateClassOf(field) : 'DEFAULT';
    counts.set(rateClass, (counts.get(rateClass) ?? 0) + 1);
  }
  return counts;
}

/** The name of each root field that a valid document executes, by its name in the answer. */
export function rootFieldsOf(document: DocumentNode, params: GraphQLParams): ReadonlyMap<string, string> {
  const operation = getOperationAST(document, params.operationName);
  return operation ? new RootFields(document, operation, params.variables ?? {}).names : new Map();
}

const KINDS = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** The fields that an operation selects at its root, directly and through fragments. */
class RootFields {
  /** The name of each field, by its name in the answer: what has the same one is executed once. */
  readonly names = new Map<string, string>();
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #visited = new Set<string>();

  constructor(
    { definitions }: DocumentNode,
    { selectionSet, variableDefinitions = [] }: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
  ) {
    const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
    const defaults = variableDefinitions.map(({ variable, defaultValue }): [string, unknown] => [
      variable.name.value,
      defaultValue?.kind === Kind.BOOLEAN ? defaultValue.value : undefined,
    ]);
    this.#values = { ...Object.fromEntries(defaults), ...variables };
    this.#collect(selectionSet);
  }

  #collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (this.#isSkipped(selection.directives ?? [])) continue;
      if (selection.kind === Kind.FIELD)
        this.names.set((selection.alias ?? selection.name).value, selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) this.#collect(selection.selectionSet);
      else this.#collectFragment(selection.name.value);
    }
  }

  #collectFragment(name: string): void {
    const fragment = this.#fragments.get(name);
    if (!fragment || this.#visited.has(name)) return;
    this.#visited.add(name);
    this.#collect(fragment.selectionSet);
  }

  /** A condition that is no boolean is refused later, and skips nothing here. */
  #isSkipped(directives: readonly DirectiveNode[]): boolean {
    return directives.some(({ name, arguments: args }) => {
      const condition = args?.find((argument) => argument.name.value === 'if')?.value;
      const value =
        condition?.kind === Kind.VARIABLE
          ? this.#values[condition.name.value]
          : condition?.kind === Kind.BOOLEAN && condition.value;
      return (name.value === 'skip' && value === true) || (name.value === 'include' && value === false);
    });
  }
}
