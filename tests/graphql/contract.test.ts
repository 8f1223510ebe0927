import fs from 'node:fs';
import path from 'node:path';
import {
  type ConstValueNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  getNamedType,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type InputValueDefinitionNode,
  Kind,
  parse,
  print,
  printType,
  valueFromASTUntyped,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/transport/graphql/schema.ts';
import { NOT_YET } from './not-yet.ts';

const contract = fs.readFileSync(path.join(import.meta.dirname, 'contract.graphql'), 'utf8');
const definitions = parse(contract).definitions;

describe('the schema', () => {
  it.each(definitions.map((definition) => [nameOf(definition), definition] as const))(
    'matches the contract: %s',
    (name, definition) => {
      expect(missingOf(name, definition).filter((fact) => !isNotYet(fact))).toEqual([]);
    },
  );

  it.each(mutationsOf(contract))('matches the contract of the mutation $name', (mutation) => {
    expect(missingOfMutation(mutation).filter((fact) => !isNotYet(fact))).toEqual([]);
  });

  it('contains nothing from the list of later additions', () => {
    const missing = [
      ...definitions.flatMap((definition) => missingOf(nameOf(definition), definition)),
      ...mutationsOf(contract).flatMap(missingOfMutation),
    ];
    const listed = Object.values(NOT_YET).flat();
    expect(listed.filter((fact) => !missing.includes(fact))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('fails on a violation', () => {
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

function isNotYet(fact: string): boolean {
  return Object.values(NOT_YET).some((facts) => facts.includes(fact));
}

/** What the schema lacks of a type, each fact behind the type's name; the bare name when there is no such type. */
function missingOf(name: string, definition: DefinitionNode): string[] {
  const type = schema.getType(name);
  if (!type) return [name];
  const offers = new Set(factsOf(definitionOf(type)));
  return factsOf(definition)
    .filter((fact) => !offers.has(fact))
    .map((fact) => `${name}.${fact}`);
}

function missingOfMutation({ name, args, made }: ContractMutation): string[] {
  const field = schema.getMutationType()!.getFields()[name];
  if (!field) return [name];
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const input = (getNamedType(field.args[0]!.type) as GraphQLInputObjectType).getFields();
  const success = (schema.getType(`${title}Success`) as GraphQLObjectType).getFields();
  return [
    ...args.filter((arg) => !(arg in input)).map((arg) => `${name}(${arg})`),
    ...made.filter((member) => !(member in success)).map((member) => `${name} → ${member}`),
  ];
}

/** The mutations stand in comments: `name(argument!, other = default) → { field }`. */
function mutationsOf(text: string): ContractMutation[] {
  const comments = text.slice(text.indexOf('# auth ')).replaceAll(/\n#/g, ' ');
  const declared = [...comments.matchAll(/(\w+)\(([^()]*)\)(?: → \{ ([^}]*) \})?/g)];
  return declared
    .map(([, name = '', args = '', made = '']) => ({ name, args: namesIn(args), made: namesIn(made) }))
    .filter(({ name }) => /^[a-z]+[A-Z]|^(register|login|logout)$/.test(name))
    .map((mutation) => ({ ...mutation, made: mutation.name === 'register' ? ['session'] : mutation.made }));
}

function namesIn(list: string): string[] {
  return [...list.replaceAll(/\{[^}]*\}/g, '').matchAll(/(?:^|, *)([a-z]\w*)/g)].map(([, name]) => name!);
}

interface ContractMutation {
  name: string;
  args: string[];
  made: string[];
}

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

function factOf(place: string, node: FieldDefinitionNode | InputValueDefinitionNode): string {
  const type = print(node.type);
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
