import {
  getArgumentValues,
  getNamedType,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  isCompositeType,
  isUnionType,
  Kind,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { MAX_PAGE } from '../../kernel/reads/pagination.ts';
import { MAX_NODE_IDS } from '../../schema-kit/node-queries.ts';
import { FIELD_COSTS, type FieldCost } from '../../schema-kit/rules/field-costs.ts';

/**
 * The cost of an operation before it runs, from the costs that the schema declares for its fields and the sizes of the
 * requested pages. Zero for an operation that execution refuses: an unknown name, or variables of a wrong type.
 */
export function costOf({ schema, document, operationName, variableValues }: ExecutionArgs): number {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!root) return 0;
  const variables = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    { ...variableValues },
    { maxErrors: 1 },
  );
  if (!variables.coerced) return 0;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const counter = new CostCounter(schema, fragments, variables.coerced);
  return Math.ceil(counter.ofSelections(operation.selectionSet, root));
}

/** Counts each selection set once for each type, however often its fragment is spread. */
class CostCounter {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Record<string, unknown>;
  readonly #counted = new Map<SelectionSetNode, Map<GraphQLCompositeType, number>>();

  constructor(
    schema: GraphQLSchema,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    variables: Record<string, unknown>,
  ) {
    this.#schema = schema;
    this.#fragments = fragments;
    this.#variables = variables;
  }

  ofSelections(selections: SelectionSetNode, type: GraphQLCompositeType): number {
    const counted = this.#counted.get(selections)?.get(type);
    if (counted !== undefined) return counted;
    const cost = selections.selections.reduce((sum, node) => {
      if (node.kind === Kind.FIELD) return sum + this.#ofField(node, type);
      const fragment = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value) : node;
      return fragment
        ? sum + this.ofSelections(fragment.selectionSet, this.#narrowed(type, fragment.typeCondition))
        : sum;
    }, 0);
    if (!this.#counted.has(selections)) this.#counted.set(selections, new Map());
    this.#counted.get(selections)!.set(type, cost);
    return cost;
  }

  #ofField(node: FieldNode, type: GraphQLCompositeType): number {
    const field = isUnionType(type) ? undefined : type.getFields()[node.name.value];
    if (!field) return FIELD_COSTS.leaf; // __typename; introspection is limited by depth and tokens
    const { field: own, multiplier } = this.#declaredCost(field, node);
    const fieldType = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(fieldType)) return own;
    return own + Math.max(multiplier, 0) * this.ofSelections(node.selectionSet, fieldType);
  }

  #declaredCost(field: GraphQLField<unknown, unknown>, node: FieldNode): Required<FieldCost> {
    const declared = field.extensions['complexity'] as DeclaredCost;
    const cost =
      typeof declared === 'function' ? declared(this.#argumentsOf(field, node), {}, field) : declared;
    return typeof cost === 'number' ? { field: cost, multiplier: 1 } : { field: 1, multiplier: 1, ...cost };
  }

  /** Execution refuses a field with a wrong argument, e.g. null from a variable, but runs the others: it counts as dear. */
  #argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode): object {
    try {
      return getArgumentValues(field, node, this.#variables);
    } catch (error) {
      if (error instanceof GraphQLError) return DEAREST_ARGUMENTS;
      throw error;
    }
  }

  #narrowed(type: GraphQLCompositeType, condition: { name: { value: string } } | undefined) {
    const narrowed = condition && this.#schema.getType(condition.name.value);
    return narrowed && isCompositeType(narrowed) ? narrowed : type;
  }
}

const DEAREST_ARGUMENTS = { first: MAX_PAGE, ids: Array<string>(MAX_NODE_IDS).fill(''), days: 365 };

type DeclaredCost = number | FieldCost | ((args: object, ctx: object, field: object) => number | FieldCost);
