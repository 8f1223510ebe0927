import { cleanText } from '../../prompt-safety/clean-text.ts';
import { parseJson } from '../wire/field.ts';

/** JSON that a model wrote, with its strings cleaned like the text of a person. Undefined when it is none. */
export function parseCleanJson(json: string): unknown {
  return parseJson(json, (_key, value) => (typeof value === 'string' ? cleanText(value).text : value));
}
