import { parseCleanJson } from './clean-json.ts';
import { isRecord } from './fit-to-schema.ts';

/**
 * The JSON objects in a text, in their order, at most the last few: each from its brace to the matching one. Accepts what models
 * write although JSON forbids it: raw control characters and unknown escapes in strings, and commas before a closing
 * bracket. Strings are cleaned (`parseCleanJson`).
 *
 * `isCut`: the end of the text is missing. An object without its end then leaves none: the objects inside of it, and
 * drafts before it, are not the answer.
 */
export function objectsInText(text: string, { isCut = false } = {}): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  let budget = text.length * MAX_PASSES;
  let from = nextStart(text, 0);
  while (from !== -1 && budget > 0) {
    const end = endOfObject(text, from);
    if (end === -1 && isCut) return [];
    budget -= (end === -1 ? text.length : end) - from;
    const object = end === -1 ? undefined : parse(text.slice(from, end));
    if (isRecord(object)) found.push(object);
    if (found.length > MAX_OBJECTS) found.shift();
    from = nextStart(text, isRecord(object) ? end : from + 1);
  }
  return found.length > 0 ? found : objectsInString(text);
}

/** Of a text that is one JSON string, which holds the object. */
function objectsInString(text: string): Record<string, unknown>[] {
  if (!text.trimStart().startsWith('"')) return [];
  const inner = parse(text.trim());
  return typeof inner === 'string' ? objectsInText(inner) : [];
}

/** The next brace that can begin an object. */
function nextStart(text: string, from: number): number {
  START.lastIndex = from;
  return START.exec(text)?.index ?? -1;
}

/** The index after the brace that closes the object at `from`, or -1. Braces in strings do not count. */
function endOfObject(text: string, from: number): number {
  let depth = 0;
  let isInString = false;
  for (let index = from; index < text.length; index++) {
    const character = text[index];
    if (character === '\\' && isInString) index += 1;
    else if (character === '"') isInString = !isInString;
    else if (!isInString && character === '{') depth += 1;
    else if (!isInString && character === '}' && (depth -= 1) === 0) return index + 1;
  }
  return -1;
}

function parse(json: string): unknown {
  return parseCleanJson(json) ?? parseCleanJson(mend(json));
}

function mend(json: string): string {
  return json.replace(STRING_OR_LAST_COMMA, (match) =>
    match === ',' ? '' : match.replace(IN_STRING, (part) => (part.length > 1 ? part : mendCharacter(part))),
  );
}

/** A control character is escaped; a backslash that begins no escape is left out. */
function mendCharacter(character: string): string {
  return character === '\\' ? '' : JSON.stringify(character).slice(1, -1);
}

const START = /\{\s*["}]/g;
const STRING_OR_LAST_COMMA = /"[^"\\]*(?:\\[^][^"\\]*)*"|,(?=\s*[}\]])/g;
/** An escape, or what JSON forbids. */
const IN_STRING = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})|\\|\p{Cc}/gu;

/** Braces in thinking and prose that begin no object make the text be read again from the next one, this often. */
const MAX_PASSES = 20;
const MAX_OBJECTS = 16;
