import fs from 'node:fs';
import path from 'node:path';
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLUnionType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  Kind,
  lexicographicSortSchema,
  type OperationDefinitionNode,
  parse,
  print,
  printSchema,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { GRAPHIQL } from '../../src/transport/graphql/graphiql.ts';
import { schema } from '../../src/transport/graphql/schema.ts';
import { OPERATIONS } from '../../src/access/permissions.ts';

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
);
const fields = types.flatMap(fieldsOf);

describe('the schema', () => {
  it('is the one in schema/schema.graphql (npm run schema prints it)', () => {
    expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(read('schema/schema.graphql'));
  });

  it('lists the types of each interface and union in schema/possible-types.json (npm run schema prints it)', () => {
    const abstract = types.filter(isAbstractType);
    const expected = abstract.map((type) => [
      type.name,
      schema.getPossibleTypes(type).map(String).toSorted(),
    ]);
    expect(JSON.parse(read('schema/possible-types.json'))).toEqual(Object.fromEntries(expected));
  });

  it('describes every type, field, argument and value in a sentence that says more than its name', () => {
    const described = types.flatMap((type) => [
      { place: type.name, description: type.description },
      ...membersOf(type),
    ]);
    expect(described.length).toBeGreaterThan(500);
    const poor = described.filter(
      ({ place, description }) => !isSentence(description) || repeats(description, place),
    );
    expect(poor.map(({ place, description }) => `${place}: ${description}`)).toEqual([]);
  });

  it('has a root field for every operation of the table, and no other', () => {
    const names = fields
      .filter(({ type }) => isRoot(type))
      .map(({ type, field }) => `${type.name}.${field.name}`);
    expect(names.toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
  });

  it('has only nullable root queries, so one that fails leaves the others their data; Relay prescribes `nodes`', () => {
    const queries = Object.values(schema.getQueryType()!.getFields());
    const required = queries.filter(({ type }) => isNonNullType(type)).map(({ name }) => name);
    expect(required).toEqual(['nodes']);
  });

  it('declares every mutation as doThing(input: DoThingInput!): DoThingResult!', () => {
    const mutations = Object.values(schema.getMutationType()!.getFields());
    expect(mutations.length).toBeGreaterThan(10);
    for (const { name, args, type } of mutations) {
      const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      expect([args.map((arg) => `${arg.name}: ${String(arg.type)}`), String(type)]).toEqual([
        [`input: ${title}Input!`],
        `${title}Result!`,
      ]);
      expect(isInputObjectType(schema.getType(`${title}Input`))).toBe(true);
      const members = (getNamedType(type) as GraphQLUnionType).getTypes();
      expect(members.map(String), name).toContain('ValidationError');
      const made = members.filter(
        (member) => !member.getInterfaces().some(({ name: of }) => of === 'UserError'),
      );
      expect(made.map(String), `${name} makes one thing`).toHaveLength(1);
    }
  });
});

describe('the members of a union or an interface', () => {
  const families = types.filter(
    (type) => isUnionType(type) || (isInterfaceType(type) && type.name !== 'Node'),
  );

  it.each(families.map((family) => [family.name, family] as const))(
    'of %s give each field name the same type',
    (_name, family) => {
      const typesOf = new Map<string, Set<string>>();
      for (const member of schema.getPossibleTypes(family as GraphQLUnionType)) {
        for (const field of Object.values(member.getFields())) {
          typesOf.set(field.name, (typesOf.get(field.name) ?? new Set()).add(String(field.type)));
        }
      }
      expect([...typesOf].filter(([, given]) => given.size > 1)).toEqual([]);
    },
  );
});

describe('connections', () => {
  const connections = types.filter((type) => isObjectType(type) && type.name.endsWith('Connection'));

  it('follow the Relay specification', () => {
    expect(connections.length).toBeGreaterThanOrEqual(5);
    expect(shapeOf(schema.getType('PageInfo')!)).toEqual({
      hasNextPage: 'Boolean!',
      hasPreviousPage: 'Boolean!',
      startCursor: 'String',
      endCursor: 'String',
    });
    for (const connection of connections) {
      const node = connection.name.replace(/Connection$/, '');
      expect(shapeOf(connection)).toEqual({
        edges: `[${node}Edge!]!`,
        nodes: `[${node}!]!`,
        pageInfo: 'PageInfo!',
        totalCount: 'Int!',
      });
      expect(shapeOf(schema.getType(`${node}Edge`)!)).toEqual({ cursor: 'String!', node: `${node}!` });
    }
  });

  it('are paged forwards and backwards', () => {
    const paged = fields.filter(({ field }) => connections.includes(getNamedType(field.type) as never));
    expect(paged.length).toBeGreaterThan(connections.length);
    for (const { field } of paged) {
      expect(field.args.map((arg) => `${arg.name}: ${String(arg.type)}`)).toEqual(
        expect.arrayContaining(['first: Int', 'after: String', 'last: Int', 'before: String']),
      );
    }
  });

  it('contain nodes, which node and nodes return too', () => {
    const nodes = schema.getPossibleTypes(schema.getType('Node') as never).map(String);
    const listed = connections.map(({ name }) => name.replace(/Connection$/, ''));
    expect(listed.filter((name) => !nodes.includes(name))).toEqual([]);
  });
});

describe('the examples in GraphiQL', () => {
  it.each(GRAPHIQL.defaultTabs!.map(({ query }) => query!))('are valid: %.40s', (query) => {
    expect(validate(schema, parse(query))).toEqual([]);
  });
});

describe('schema/operations', () => {
  const files = fs.readdirSync('schema/operations').map((file) => path.parse(file).name);
  const documents = files.map((name) => ({ name, ...parse(read(`schema/operations/${name}.graphql`)) }));
  const all = documents.flatMap(({ definitions }) => definitions);
  const operations = all.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);

  it('is valid as a whole: no duplicate name, no unused fragment', () => {
    expect(validate(schema, { kind: Kind.DOCUMENT, definitions: all })).toEqual([]);
  });

  it('has one operation and no fragment per file, named like the file, and the fragments in one of their own', () => {
    for (const { name, definitions } of documents) {
      if (name === 'fragments') {
        expect(new Set(definitions.map(({ kind }) => kind))).toEqual(new Set([Kind.FRAGMENT_DEFINITION]));
        continue;
      }
      expect(definitions).toHaveLength(1);
      const [operation] = definitions;
      expect((operation as OperationDefinitionNode).name?.value.toLowerCase()).toBe(name.toLowerCase());
    }
  });

  it('contains every operation of the API, each use once', () => {
    const shown = new Set(
      operations.flatMap(({ operation, selectionSet }) =>
        selectionSet.selections.map(
          (selection) => `${operation} ${(selection as { name: { value: string } }).name.value}`,
        ),
      ),
    );
    const missing = fields
      .filter(({ type }) => isRoot(type))
      .map(({ type, field }) => `${String(type).toLowerCase()} ${field.name}`)
      .filter((name) => !shown.has(name));
    expect(missing.toSorted()).toEqual(['query node', 'query nodes']); // Relay's own
    const bodies = operations.map(({ operation, selectionSet }) => `${operation} ${print(selectionSet)}`);
    expect(bodies.filter((body, index) => bodies.indexOf(body) !== index)).toEqual([]);
  });
});

function isSentence(description: string | null | undefined): description is string {
  return !!description && description.length >= 10 && /^\S[^]*[.!?]$/.test(description);
}

/** Whether it only says the name again, with an article. */
function repeats(description: string, place: string): boolean {
  const letters = (text: string) =>
    text
      .toLowerCase()
      .replace(/^(the|a|an) /, '')
      .replace(/[^a-z]/g, '');
  return letters(description) === letters(place.split(/[.(]/).at(-1)!);
}

function membersOf(type: GraphQLNamedType): { place: string; description?: string | null }[] {
  if (isEnumType(type))
    return type.getValues().map((value) => ({ ...value, place: `${type.name}.${value.name}` }));
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => ({
      ...field,
      place: `${type.name}.${field.name}`,
    }));
  }
  return fieldsOf(type).flatMap(({ field }) => [
    { ...field, place: `${type.name}.${field.name}` },
    ...field.args.map((arg) => ({ ...arg, place: `${type.name}.${field.name}(${arg.name})` })),
  ]);
}

function fieldsOf(
  type: GraphQLNamedType,
): { type: GraphQLNamedType; field: GraphQLField<unknown, unknown> }[] {
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).map((field) => ({ type, field }));
}

function shapeOf(type: GraphQLNamedType): Record<string, string> {
  return Object.fromEntries(fieldsOf(type).map(({ field }) => [field.name, String(field.type)]));
}

function isRoot(type: GraphQLNamedType): boolean {
  return (
    type === schema.getQueryType() ||
    type === schema.getMutationType() ||
    type === schema.getSubscriptionType()
  );
}

function read(file: string): string {
  return fs.readFileSync(path.resolve(import.meta.dirname, '../..', file), 'utf8');
}
