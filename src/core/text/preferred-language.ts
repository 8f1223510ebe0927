/**
 * The language that a reader prefers among `known` ones, by the header `Accept-Language` (RFC 9110): the highest weight,
 * then the first. The first of `known` where the header names none of them.
 *
 * @example preferredLanguage('fr, ko-KR;q=0.8, en;q=0.5', ['en', 'ko']) // 'ko'
 */
export function preferredLanguage<Language extends string>(
  header: string | null,
  known: readonly [Language, ...Language[]],
): Language {
  const wanted = (header ?? '').split(',').flatMap((range) => {
    const { tag = '', weight = '1' } = RANGE.exec(range)?.groups ?? {};
    const language = known.find((one) => one === tag.toLowerCase());
    return language && Number(weight) > 0 ? [{ language, weight: Number(weight) }] : [];
  });
  return wanted.toSorted((a, b) => b.weight - a.weight)[0]?.language ?? known[0];
}

const RANGE = /^\s*(?<tag>[a-z]{2,8})(?:-[a-z0-9-]*)?\s*(?:;\s*q=(?<weight>[01](?:\.\d{0,3})?)\s*)?$/i;
