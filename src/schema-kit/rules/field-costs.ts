import type { PothosOutputFieldConfig, SchemaTypes } from '@pothos/core';
import { DEFAULT_PAGE } from '../../kernel/reads/pagination.ts';

/** What a field costs, in units of about one object that is read and resolved. */
export const FIELD_COSTS = {
  /** A root field: at least one statement, and the checks of access. */
  root: 10,
  object: 1,
  /** A scalar, an enum value or a list of them. */
  leaf: 0.25,
} as const;

/** Objects that a list without pages is counted as. */
const LIST_LENGTH = 10;

/** The cost of a field that declares none: a page costs its size times what is selected for each item. */
export function defaultCost<Types extends SchemaTypes>(field: PothosOutputFieldConfig<Types>): CostOption {
  const own = ownCost(field);
  if ('first' in field.args) return (page: PageSize) => ({ field: own, multiplier: sizeOf(page) });
  return { field: own, multiplier: field.type.kind === 'List' ? LIST_LENGTH : 1 };
}

function ownCost<Types extends SchemaTypes>({ kind, type }: PothosOutputFieldConfig<Types>): number {
  if (kind === 'Query' || kind === 'Mutation' || kind === 'Subscription') return FIELD_COSTS.root;
  const item = type.kind === 'List' ? type.type : type;
  return item.kind === 'Scalar' || item.kind === 'Enum' ? FIELD_COSTS.leaf : FIELD_COSTS.object;
}

/** A negative size is refused later, and must not lower the cost of the document. */
function sizeOf({ first, last }: PageSize): number {
  return Math.max(first ?? last ?? DEFAULT_PAGE, 0);
}

export interface FieldCost {
  /** The field itself. Default: 1. */
  field?: number;
  /** How often what is selected inside the field counts. Default: 1. */
  multiplier?: number;
}

interface PageSize {
  first?: number | null;
  last?: number | null;
}

type CostOption = FieldCost | ((page: PageSize) => FieldCost);
