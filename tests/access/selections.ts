import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/** A document for each query that needs no argument, with all that it reaches within `depth` objects. */
export function nullaryQueries(schema: GraphQLSchema, depth: number): string[] {
  return Object.values(schema.getQueryType()!.getFields()).flatMap((field) => {
    const selected = fieldOf(field, depth);
    return selected ? [`{ ${selected} }`] : [];
  });
}

/** All fields of a type that need no argument. Pages hold two items. */
export function selectionOf(type: GraphQLNamedType, depth: number): string {
  if (!isObjectType(type)) return '';
  const isPage = type.name.endsWith('Connection');
  const fields = Object.values(type.getFields()).filter(({ name }) => !isPage || name !== 'edges');
  const selected = fields.flatMap((field) => fieldOf(field, isPage ? depth : depth - 1) ?? []);
  return `{ __typename ${selected.join(' ')} }`;
}

function fieldOf(field: GraphQLField<unknown, unknown>, depth: number): string | null {
  if (field.args.some(isRequiredArgument)) return null;
  const type = getNamedType(field.type);
  if (isLeafType(type)) return field.name;
  if (depth <= 0 || !isObjectType(type)) return null;
  const page = field.args.some(({ name }) => name === 'first') ? '(first: 2)' : '';
  return `${field.name}${page} ${selectionOf(type, depth)}`;
}
