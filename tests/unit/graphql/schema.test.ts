import SchemaBuilder from '@pothos/core';
import { type GraphQLNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { FIELD_RULES } from '../../../src/schema-kit/field-rules.ts';
import { schema } from '../../../src/transport/graphql/schema.ts';
import { OPERATIONS } from '../../../src/access/permissions.ts';

const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'));

describe('the schema', () => {
  it('describes every type, field, argument and value', () => {
    const bare = types
      .flatMap((type) => [type, ...membersOf(type)])
      .filter(({ description }) => !description);
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it('names every mutation’s input and result after it', () => {
    for (const [name, field] of Object.entries(schema.getMutationType()?.getFields() ?? {})) {
      const title = name.charAt(0).toUpperCase() + name.slice(1);
      expect(String(field.type)).toBe(`${title}Result!`);
      expect(field.args.map((arg) => `${arg.name}: ${String(arg.type)}`)).toEqual([`input: ${title}Input!`]);
      expect(String(schema.getType(`${title}Result`))).toBe(`${title}Result`);
    }
  });

  it('has a root field for every operation of the table', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = roots.flatMap((root) =>
      Object.keys(root?.getFields() ?? {}).map((name) => `${root?.name}.${name}`),
    );
    expect(fields.toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
  });

  it('cannot be built with a root field that is missing in the table', () => {
    const builder = new SchemaBuilder({ plugins: [FIELD_RULES] } as never); // the other plugins have no part in this
    builder.queryType({ fields: (t) => ({ backdoor: t.boolean({ resolve: () => true }) }) });
    expect(() => builder.toSchema()).toThrow('Query.backdoor is missing in OPERATIONS');
  });
});

function membersOf(type: GraphQLNamedType): { name: string; description?: string | null }[] {
  const within = (members: readonly { name: string; description?: string | null }[]) =>
    members.map(({ name, description }) => ({ name: `${type.name}.${name}`, description }));
  if (isEnumType(type)) return within(type.getValues());
  if (isInputObjectType(type)) return within(Object.values(type.getFields()));
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    ...within([field]),
    ...field.args.map(({ name, description }) => ({
      name: `${type.name}.${field.name}(${name})`,
      description,
    })),
  ]);
}
