/**
 * The English name of the language of a BCP 47 tag, e.g. `ko-KR` → `Korean`; null when there is none. Safe to
 * stand in a prompt: it comes from a fixed list, whatever the tag says.
 */
export function languageName(tag: unknown): string | null {
  if (typeof tag !== 'string' || tag.length > MAX_TAG_LENGTH) return null;
  const language = /^[a-z]{2,3}(?=$|[-_])/i.exec(tag)?.[0];
  return language === undefined ? null : (NAMES.of(language) ?? null);
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

const MAX_TAG_LENGTH = 35;
