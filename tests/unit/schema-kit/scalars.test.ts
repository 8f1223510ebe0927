import { describe, expect, it } from 'vitest';
import { GraphQLScalarType } from 'graphql';
import { schema } from '../../../src/transport/graphql/schema.ts';
import { formatMicros, parseMicros } from '../../../src/schema-kit/scalars.ts';

function scalar(name: string): GraphQLScalarType {
  const type = schema.getType(name);
  if (!(type instanceof GraphQLScalarType)) throw new Error(`${name} is no scalar`);
  return type;
}

describe('Decimal', () => {
  it.each([
    [0n, '0'],
    [1n, '0.000001'],
    [1275n, '0.001275'],
    [500_000n, '0.5'],
    [1_000_000n, '1'],
    [1_230_000n, '1.23'],
    [10_000_000n, '10'],
    [-1_500_000n, '-1.5'],
    [-1n, '-0.000001'],
    [999_999_999_999_999_999n, '999999999999.999999'],
  ])('serializes %s micro-dollars as %s, and parses them back', (micros, text) => {
    expect(formatMicros(micros)).toBe(text);
    expect(parseMicros(text)).toBe(micros);
  });

  it('accepts trailing zeros', () => {
    expect(parseMicros('1.000000')).toBe(1_000_000n);
    expect(parseMicros('007.10')).toBe(7_100_000n);
  });

  it.each([
    ['seven places', '0.0000001'],
    ['a float', 0.5],
    ['an exponent', '1e3'],
    ['an empty string', ''],
    ['no digit before the point', '.5'],
    ['no digit behind the point', '5.'],
    ['a comma', '1,5'],
    ['white space', ' 1'],
    ['another script', '１'],
    ['thirteen digits', '1000000000000'],
    ['not a number', 'NaN'],
    ['null', null],
  ])('refuses %s', (_what, value) => {
    expect(() => scalar('Decimal').parseValue(value)).toThrow('a Decimal must be a string');
  });
});

describe('DateTime', () => {
  it('serializes UTC with milliseconds', () => {
    expect(scalar('DateTime').serialize(new Date('2026-11-20T15:05:00+01:00'))).toBe(
      '2026-11-20T14:05:00.000Z',
    );
  });

  it('parses RFC 3339 with any offset', () => {
    expect(scalar('DateTime').parseValue('2026-11-20T15:05:00.5+01:00')).toEqual(
      new Date('2026-11-20T14:05:00.500Z'),
    );
  });

  it.each(['2026-11-20', '2026-11-20T14:05:00', '2026-13-20T14:05:00Z', 'tomorrow', 1_795_000_000, null])(
    'refuses %s',
    (value) => expect(() => scalar('DateTime').parseValue(value)).toThrow('a DateTime must be a string'),
  );
});

describe('Date', () => {
  it('serializes and parses a day in UTC', () => {
    expect(scalar('Date').serialize(new Date('2026-11-20T00:00:00Z'))).toBe('2026-11-20');
    expect(scalar('Date').parseValue('2026-02-28')).toEqual(new Date('2026-02-28T00:00:00Z'));
  });

  it.each(['2026-02-30', '2026-2-3', '2026-11-20T00:00:00Z', 20_261_120])('refuses %s', (value) => {
    expect(() => scalar('Date').parseValue(value)).toThrow('a Date must be a string');
  });
});

describe('JSONObject', () => {
  it.each(['text', 1, true, null, [], [{}]])('refuses %j', (value) => {
    expect(() => scalar('JSONObject').parseValue(value)).toThrow('a JSONObject must be an object');
  });
});
