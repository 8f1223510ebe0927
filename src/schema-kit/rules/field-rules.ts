import SchemaBuilder, {
  BasePlugin,
  PothosSchemaError,
  PothosValidationError,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { AppError } from '../../errors.ts';
import { isOperation } from '../../access/permissions.ts';
import { checkPageSize, MAX_PAGE, noCursor } from '../../kernel/reads/pagination.ts';
import { countingBytes, countingName, UNLIMITED_TYPES } from './answer-bytes.ts';
import { defaultCost } from './field-costs.ts';

export const FIELD_RULES = 'fieldRules';

/**
 * Rules that apply to fields automatically: each root field requires the permission listed for it in OPERATIONS
 * (a missing entry fails the build), the arguments of a paginated field are checked, each field has a
 * cost, and its bytes in the answer are counted.
 */
class FieldRulesPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const complexity = defaultCost(field);
    const pothosOptions = { complexity, ...field.pothosOptions, ...permission(field) };
    return { ...field, pothosOptions } as typeof field;
  }

  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (UNLIMITED_TYPES.has(this.#typeName(field))) return countingBytes(resolver as never) as never;
    const counting = countingName(resolver as never) as typeof resolver;
    if (!('first' in field.args && 'last' in field.args)) return counting;
    return async (parent, args: PageArgs, context, info) => {
      checkPage(args);
      try {
        return await counting(parent, args, context, info);
      } catch (error) {
        // All other arguments of the page are checked above, so the library can object only to the cursor.
        const hasCursor = args.after != null || args.before != null;
        throw hasCursor && error instanceof PothosValidationError ? noCursor() : error;
      }
    };
  }

  #typeName({ type }: PothosOutputFieldConfig<Types>): string {
    const item = type.kind === 'List' ? type.type : type;
    return item.kind === 'List' ? '' : this.builder.configStore.getTypeConfig(item.ref as never).name;
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

/** Errors: BAD_USER_INPUT. */
function checkPage({ first, last, after, before }: PageArgs): void {
  const refuse = (message: string) => new AppError('BAD_USER_INPUT', message);
  if (first != null && last != null) throw refuse('Set either `first` or `last`, not both.');
  if (after != null && before != null) throw refuse('Set either `after` or `before`, not both.');
  if (before != null && first != null) throw refuse('`before` requires `last`, not `first`.');
  if (after != null && last != null) throw refuse('`after` requires `first`, not `last`.');
  if (first != null) checkPageSize('first', first, MAX_PAGE);
  if (last != null) checkPageSize('last', last, MAX_PAGE);
}

SchemaBuilder.registerPlugin(FIELD_RULES, FieldRulesPlugin);

interface PageArgs {
  first?: number | null;
  last?: number | null;
  after?: string | null;
  before?: string | null;
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Pothos learns the name of a plugin
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      fieldRules: FieldRulesPlugin<Types>;
    }
  }
}
