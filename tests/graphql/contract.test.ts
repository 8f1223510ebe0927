import fs from 'node:fs';
import path from 'node:path';
import {
  type ConstValueNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  type GraphQLNamedType,
  type InputValueDefinitionNode,
  Kind,
  parse,
  print,
  printType,
  valueFromASTUntyped,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/transport/graphql/schema.ts';

describe('the schema', () => {
  const contract = fs.readFileSync(path.join(import.meta.dirname, 'contract.graphql'), 'utf8');

  it.each(parse(contract).definitions.map((definition) => [nameOf(definition), definition] as const))(
    'keeps what the contract says of %s',
    (name, definition) => {
      const type = schema.getType(name);
      expect(type?.name).toBe(name);
      const offers = new Set(factsOf(definitionOf(type!)));
      expect(factsOf(definition).filter((fact) => !offers.has(fact))).toEqual([]);
    },
  );

  it('is seen to break it', () => {
    const [promised, offered] = parse(`
      type Thing implements Node { id: ID!  name(short: Boolean = true): String! }
      type Thing { id: ID!  name(short: Boolean = false): String }
    `).definitions as [DefinitionNode, DefinitionNode];
    const offers = new Set(factsOf(offered));
    expect(factsOf(promised).filter((fact) => !offers.has(fact))).toEqual([
      'implements Node',
      'name: String!',
      'name(short): Boolean = true',
    ]);
  });
});

/** All that a definition says, each thing in one line. */
function factsOf(definition: DefinitionNode): string[] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
      return [
        ...(definition.interfaces ?? []).map((implemented) => `implements ${implemented.name.value}`),
        ...(definition.fields ?? []).flatMap(factsOfField),
      ];
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return [
        ...(definition.directives ?? []).map((directive) => print(directive)),
        ...(definition.fields ?? []).map((field) => factOf(field.name.value, field)),
      ];
    case Kind.UNION_TYPE_DEFINITION:
      return (definition.types ?? []).map((member) => member.name.value);
    case Kind.ENUM_TYPE_DEFINITION:
      return (definition.values ?? []).map((value) => value.name.value);
    default:
      return [definition.kind];
  }
}

function factsOfField(field: FieldDefinitionNode): string[] {
  const name = field.name.value;
  return [
    factOf(name, field),
    ...(field.arguments ?? []).map((argument) => factOf(`${name}(${argument.name.value})`, argument)),
  ];
}

/** The names of connections are free. */
function factOf(place: string, node: FieldDefinitionNode | InputValueDefinitionNode): string {
  const type = print(node.type).replace(/\w+Connection/, 'Connection');
  const standard = 'defaultValue' in node && node.defaultValue ? ` = ${valueOf(node.defaultValue)}` : '';
  return `${place}: ${type}${standard}`;
}

function valueOf(node: ConstValueNode): string {
  return JSON.stringify(valueFromASTUntyped(node));
}

function definitionOf(type: GraphQLNamedType): DefinitionNode {
  return parse(printType(type)).definitions[0]!;
}

function nameOf(definition: DefinitionNode): string {
  return 'name' in definition ? (definition.name?.value ?? '') : '';
}
