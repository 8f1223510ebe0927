import fs from 'node:fs';
import path from 'node:path';
import {
  astFromValue,
  type ConstValueNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  getNamedType,
  type GraphQLEnumType,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type InputValueDefinitionNode,
  isEnumType,
  isRequiredInputField,
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

  it('fails on a violation by a mutation', () => {
    const [violated] = mutationsOf(`
# auth sendMessage(conversationId, content!, edits: { text }, whenBusy: REJECT | WAIT = WAIT)
#      → { userMessage: Message, answer }`);
    expect(missingOfMutation(violated!)).toEqual([
      'sendMessage(conversationId) is optional',
      'sendMessage(edits)',
      'sendMessage(whenBusy): REJECT | WAIT',
      'sendMessage(whenBusy) = WAIT',
      'sendMessage → userMessage: Message',
      'sendMessage → answer',
    ]);
    const [nested] = mutationsOf('# auth decideApproval(approvalId!, edits: { prompt!, size })');
    expect(missingOfMutation(nested!)).toEqual([
      'decideApproval(edits.prompt) is required',
      'decideApproval(edits.size)',
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
  const input = getNamedType(field.args[0]!.type) as GraphQLInputObjectType;
  const success = (schema.getType(`${title}Success`) as GraphQLObjectType).getFields();
  return [
    ...args.flatMap((argument) => missingOfArgument(argument, input, (path) => `${name}(${path})`)),
    ...made
      .filter(({ name: member, type }) => !success[member] || (type && type !== String(success[member].type)))
      .map(({ name: member, type }) => `${name} → ${member}${success[member] ? `: ${type}` : ''}`),
  ];
}

function missingOfArgument(
  { name, isRequired, type, standard, members }: ContractArgument,
  input: GraphQLInputObjectType,
  placeOf: (path: string) => string,
): string[] {
  const field = input.getFields()[name];
  const place = placeOf(name);
  if (!field) return [place];
  const offered = getNamedType(field.type);
  const names = isEnumType(offered) ? [offered.name, choiceOf(offered)] : [offered.name];
  return [
    ...(isRequired === isRequiredInputField(field)
      ? []
      : [`${place} is ${isRequired ? 'required' : 'optional'}`]),
    ...(type === undefined || names.includes(type) ? [] : [`${place}: ${type}`]),
    ...(standard === defaultOf(field) ? [] : [`${place} = ${standard ?? 'nothing'}`]),
    ...members.flatMap((member) =>
      missingOfArgument(member, offered as GraphQLInputObjectType, (path) => placeOf(`${name}.${path}`)),
    ),
  ];
}

function choiceOf(type: GraphQLEnumType): string {
  const values = type.getValues().map(({ name }) => name);
  return values.toSorted().join(' | ');
}

function defaultOf({ defaultValue, type }: GraphQLInputField): string | undefined {
  return defaultValue === undefined ? undefined : print(astFromValue(defaultValue, type)!);
}

/** The mutations stand in comments: `name(argument!, other = default, edits: { member }) → { field: Type! }`. */
function mutationsOf(text: string): ContractMutation[] {
  const comments = text.slice(text.indexOf('# auth ')).replaceAll(/\n#\s*/g, ' ');
  const declared = [...comments.matchAll(/(\w+)\(([^()]*)\)(?: → \{ ([^}]*) \})?/g)];
  return declared
    .filter(([, name = '']) => /^[a-z]+[A-Z]|^(register|login|logout)$/.test(name))
    .map(([, name = '', args = '', made = '']) => ({
      name,
      args: argumentsIn(args),
      made: membersIn(name === 'register' ? 'session: AuthSession!' : made), // said once, for login
    }));
}

/** `…` stands for arguments that the contract does not name. */
function argumentsIn(list: string): ContractArgument[] {
  const parts = list.split(/, *(?![^{]*\})/).filter((part) => part !== '' && part !== '…');
  return parts.map((part) => {
    const { name, mark, type, members, standard } = ARGUMENT.exec(part)!.groups!;
    return {
      name: name!,
      isRequired: mark === '!' || !!type?.endsWith('!'),
      type: type?.replace(/!$/, '').split(' | ').toSorted().join(' | '),
      standard,
      members: argumentsIn(members ?? ''),
    };
  });
}

const ARGUMENT =
  /^(?<name>\w+)(?<mark>!?)(?:: (?:\{ (?<members>[^}]*) \}|(?<type>\w+!?(?: \| \w+)*)))?(?: = (?<standard>\w+))?$/;

function membersIn(list: string): ContractMember[] {
  return [...list.matchAll(/(\w+)(?:: ([^,]+))?(?:, |$)/g)].map(([, name = '', type]) => ({ name, type }));
}

interface ContractMutation {
  name: string;
  args: ContractArgument[];
  made: ContractMember[];
}

interface ContractArgument {
  name: string;
  isRequired: boolean;
  type?: string;
  standard?: string;
  members: ContractArgument[];
}

interface ContractMember {
  name: string;
  type?: string;
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
