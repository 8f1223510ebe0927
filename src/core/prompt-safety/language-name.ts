/**
 * The English name of the language of a BCP 47 tag, e.g. `ko-KR` → `Korean`. Null for an unknown language. Safe to use
 * in a prompt: the name comes from a fixed list, never from the tag.
 */
export function languageName(tag: unknown): string | null {
  if (typeof tag !== 'string' || tag.length > MAX_TAG_LENGTH) return null;
  const language = /^[a-z]{2,3}(?=$|[-_])/i.exec(tag)?.[0];
  return language === undefined ? null : (NAMES.of(language) ?? null);
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

const MAX_TAG_LENGTH = 35;
