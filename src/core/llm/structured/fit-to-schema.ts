import { parseCleanJson } from './clean-json.ts';
import type { JsonSchema } from './output-schema.ts';

/**
 * Puts right what models often write instead of what a schema wants, where only one meaning is possible:
 *
 *   wanted              written
 *   a word of an enum   the same word in another case, with blanks around it, or with blanks or hyphens inside
 *   a number, boolean   the same in a string
 *   a list              one item, or nothing, without the list; the list as a JSON string
 *   an object           the object as a JSON string
 *   nothing             null; null (where it is allowed) by its name, or left out
 *
 * Everything else stays as it is.
 */
export function fitToSchema(value: unknown, schema: JsonSchema): unknown {
  const variants = variantsOf(schema);
  const [wanted, ...others] = variants.filter(({ type }) => type !== 'null');
  const isNullable = variants.some(({ type }) => type === 'null');
  if (value === null) return isNullable || variants.some(isAnything) ? null : undefined;
  if (!wanted || others.length > 0) return value;
  if (isNullable && wanted.type !== 'array' && isNamedNull(value, wanted)) return null;
  const words = wanted.enum ?? (wanted.const === undefined ? null : [wanted.const]);
  if (words) return fitWord(value, words);
  switch (wanted.type) {
    case 'object':
      return fitObject(unpacked(value), wanted);
    case 'array':
      return fitList(unpacked(value), wanted);
    case 'number':
    case 'integer':
      return typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
    case 'boolean':
      return fitBoolean(value);
    default:
      return value;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Drops what is left out, and adds null where a required property may be null. */
function fitObject(value: unknown, { properties = {}, required = [] }: JsonSchema): unknown {
  if (!isRecord(value)) return value;
  const others = Object.entries(value).filter(([key]) => !Object.hasOwn(properties, key));
  const known = Object.entries(properties).map(([key, schema]) => {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    const isMissing = given === undefined && required.includes(key);
    return [key, given === undefined && !isMissing ? undefined : fitToSchema(given ?? null, schema)] as const;
  });
  return Object.fromEntries([...others, ...known].filter(([, part]) => part !== undefined));
}

function fitList(value: unknown, { items = {} }: JsonSchema): unknown[] {
  const list = Array.isArray(value) ? value : value === '' ? [] : [value];
  return list.map((item) => fitToSchema(item, items)).filter((item) => item !== undefined);
}

function fitWord(value: unknown, words: readonly unknown[]): unknown {
  if (typeof value !== 'string') return value;
  return words.find((word) => typeof word === 'string' && plain(word) === plain(value)) ?? value;
}

function fitBoolean(value: unknown): unknown {
  const word = typeof value === 'string' ? plain(value) : '';
  return word === 'TRUE' || word === 'FALSE' ? word === 'TRUE' : value;
}

/** A text may really read "none"; a word, a number or an object may not. */
function isNamedNull(value: unknown, wanted: JsonSchema): boolean {
  if (typeof value !== 'string' || (wanted.type === 'string' && !wanted.enum)) return false;
  return NULL_NAMES.has(plain(value)) && !wanted.enum?.includes(value);
}

/** A list or an object that was written as a string of JSON. Its escapes are read only now, so that it is cleaned again. */
function unpacked(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  return parseCleanJson(value) ?? value;
}

function plain(word: string): string {
  return word
    .trim()
    .toUpperCase()
    .replace(/[\s-]+/g, '_');
}

function isAnything({ type, enum: words, const: word }: JsonSchema): boolean {
  return type === undefined && words === undefined && word === undefined;
}

function variantsOf(schema: JsonSchema): JsonSchema[] {
  if (schema.anyOf) return schema.anyOf.flatMap(variantsOf);
  return Array.isArray(schema.type) ? schema.type.map((type) => ({ ...schema, type })) : [schema];
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NULL_NAMES: ReadonlySet<string> = new Set(['', 'NULL', 'NONE', 'N/A']);
