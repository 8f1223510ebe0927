import { cleanText } from '../../prompt-safety/clean-text.ts';
import { characterCount, firstCharacters } from '../../text/characters.ts';

/**
 * A provider's words, fit for a message: without the key and whatever looks like one, without control and invisible
 * characters, on one line, and with at most 300 characters.
 */
export function cleanWords(words: string, apiKey: string): string {
  let text = cleanText(words.slice(0, MAX_READ_CHARACTERS)).text;
  for (const key of [apiKey, encodeURIComponent(apiKey)]) if (key) text = text.replaceAll(key, '[key]');
  text = text.replace(KEY_PARAMETER, '$1[key]').replace(KEY_LIKE, '[key]').replace(/\s+/g, ' ').trim();
  return characterCount(text) <= MAX_CHARACTERS ? text : `${firstCharacters(text, MAX_CHARACTERS)}…`;
}

const KEY_PARAMETER = /([?&](?:api[-_]?key|key|token)=)[^&\s"']+/gi;
/** Keys by their usual prefixes, tokens in a header, JSON Web Tokens, and keys of which a part is masked. */
const KEY_LIKE =
  /\b(?:sk|pk|rk|gsk|xai|hf)[-_][\w*.-]{6,}|\bAIza[\w*-]{6,}|\bBearer\s+[^\s"',]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|[\w.-]*\*{3,}[\w.*-]*/g;

const MAX_READ_CHARACTERS = 4_096;
const MAX_CHARACTERS = 300;
