/** Makes a text storable in any database: replaces unpaired surrogates and NUL with U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** The same value with every text in it, names of properties too, made storable. Only plain objects are looked into. */
export function storableValue(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storableValue);
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(([name, part]) => [storableText(name), storableValue(part)]);
  return Object.fromEntries(entries);
}

/** The JSON of a value, which every database can store. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  return MAY_BE_UNSTORABLE.test(json) ? JSON.stringify(storableValue(JSON.parse(json))) : json;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `JSON.stringify` writes NUL and unpaired surrogates as escapes, and nothing else in these ranges. */
const MAY_BE_UNSTORABLE = /\\u(?:0000|d[89a-f])/;
