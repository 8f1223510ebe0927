import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { rateClassesOf } from '../../../src/transport/graphql/root-fields.ts';

const count = (query: string, variables?: Record<string, unknown>, operationName?: string) =>
  Object.fromEntries(rateClassesOf(parse(query), { query, variables, operationName }));

describe('the root fields of an operation', () => {
  it.each([
    ['each field', '{ viewer { id } models { name } }', 2],
    ['each alias', '{ a: viewer { id } b: viewer { id } }', 2],
    ['what has one name in the answer, once', '{ viewer { id } viewer { role } }', 1],
    ['__typename and introspection', '{ __typename __schema { types { name } } }', 2],
    [
      'fields of fragments',
      '{ ...A ... { c: viewer { id } } } fragment A on Query { a: viewer { id } ...B } fragment B on Query { b: viewer { id } }',
      3,
    ],
    ['a fragment that is spread twice, once', '{ ...A ...A } fragment A on Query { viewer { id } }', 1],
    [
      'what is skipped, not',
      '{ a: viewer @skip(if: true) { id } b: viewer @include(if: false) { id } c: viewer { id } }',
      1,
    ],
    ['a fragment that is skipped, not', '{ ... @skip(if: true) { a: viewer { id } } c: viewer { id } }', 1],
  ])('counts %s', (_what, query, fields) => {
    expect(count(query)).toEqual({ DEFAULT: fields });
  });

  it('reads conditions from variables and their defaults', () => {
    const query =
      'query ($a: Boolean = true, $b: Boolean!) { a: __typename @include(if: $a) b: __typename @skip(if: $b) }';
    expect(count(query, { b: false })).toEqual({ DEFAULT: 2 });
    expect(count(query, { a: false, b: false })).toEqual({ DEFAULT: 1 });
    expect(count(query, { b: 'no boolean' })).toEqual({ DEFAULT: 2 });
  });

  it('counts each class of its own', () => {
    expect(count('mutation { login { a } x: login { a } sendMessage { a } stopReply { a } }')).toEqual({
      AUTH: 2,
      EXECUTION: 1,
      DEFAULT: 1,
    });
  });

  it('counts the operation that is executed, and an unknown one as one', () => {
    const query = 'query A { __typename } query B { a: __typename b: __typename }';
    expect(count(query, {}, 'B')).toEqual({ DEFAULT: 2 });
    expect(count(query)).toEqual({ DEFAULT: 1 });
  });
});
