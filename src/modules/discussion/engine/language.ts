/**
 * The language of a reply, as a tag such as `ko`: what the person writes in, else what their application says.
 * A word or two ("ok", "2") says nothing about the language, so the messages before decide.
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
