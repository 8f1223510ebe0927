import SchemaBuilder, {
  BasePlugin,
  PothosSchemaError,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { AppError } from '../errors.ts';
import { isOperation } from '../access/permissions.ts';

export const FIELD_RULES = 'fieldRules';

/**
 * Rules that apply to fields automatically: each root field requires the permission listed for it in OPERATIONS
 * (a missing entry fails the build), and the complexity of a paginated field grows with its page size.
 */
class FieldRulesPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const pothosOptions = { ...complexity(field), ...field.pothosOptions, ...permission(field) };
    return { ...field, pothosOptions } as typeof field;
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (!('first' in field.args && 'last' in field.args)) return resolver;
    return (parent, args, context, info) => {
      checkPageSize(args);
      return resolver(parent, args, context, info);
    };
  }
}

function permission<Types extends SchemaTypes>(field: PothosOutputFieldConfig<Types>): object {
  if (field.kind !== 'Query' && field.kind !== 'Mutation' && field.kind !== 'Subscription') return {};
  const operation = `${field.kind}.${field.name}`;
  if (!isOperation(operation)) {
    throw new PothosSchemaError(`${operation} is missing in OPERATIONS (access/permissions.ts)`);
  }
  return { authScopes: { operation } };
}

function complexity<Types extends SchemaTypes>(field: PothosOutputFieldConfig<Types>): object {
  return 'first' in field.args ? { complexity: pageComplexity } : {};
}

/** Errors: BAD_USER_INPUT. */
function checkPageSize({ first, last }: { first?: number | null; last?: number | null }): void {
  if (first != null && last != null) {
    throw new AppError('BAD_USER_INPUT', 'Set either `first` or `last`, not both.');
  }
  const [name, size] = last == null ? ['first', first] : ['last', last];
  if (size != null && (size < 1 || size > MAX_PAGE)) {
    throw new AppError('BAD_USER_INPUT', `\`${name}\` must be between 1 and ${MAX_PAGE}, but is ${size}.`);
  }
}

export const MAX_PAGE = 100;

function pageComplexity({ first, last }: { first?: number | null; last?: number | null }) {
  return { field: 1, multiplier: first ?? last ?? 20 };
}

SchemaBuilder.registerPlugin(FIELD_RULES, FieldRulesPlugin);

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Pothos learns the name of a plugin
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      fieldRules: FieldRulesPlugin<Types>;
    }
  }
}
