/**
 * The language of the message, as a tag such as `ko`; else the one the application states. A message of one or two
 * words is too short to tell, so earlier messages decide.
 */
export function languageOf(text: string, earlier: readonly string[], hint: string | null): string {
  const telling = [text, ...earlier.toReversed()].find(
    (one) => HANGUL.test(one) || (one.match(WORD)?.length ?? 0) > 2,
  );
  if (telling !== undefined && HANGUL.test(telling)) return 'ko';
  const primary = hint?.match(/^[a-z]{2,3}(?=$|[-_])/i)?.[0].toLowerCase();
  if (telling !== undefined && primary === 'ko') return 'en';
  return primary ?? 'en';
}

export const HANGUL = /\p{scx=Hangul}/u;
const WORD = /[\p{L}\p{N}]+/gu;
