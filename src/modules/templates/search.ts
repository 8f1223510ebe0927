import { AppError } from '../../errors.ts';
import { characterCount } from '../../core/text/characters.ts';
import { containing } from '../../kernel/reads/pagination.ts';

export const MAX_SEARCH_LENGTH = 200;

/**
 * A text as it is searched: without invisible characters, and without differences of Unicode form, of width and of case
 * in any language. In upper case, where `ß` is `SS` and both forms of the Greek sigma are one; by way of lower case,
 * where `ẞ` is `ß`. Greek accents are left out, because capitals are written without them, and so is the dot that
 * separates the Turkish letters `I` and `İ`. Whoever changes this rewrites the stored texts in a migration.
 */
export function searchable(...texts: string[]): string {
  return texts
    .join('\n')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKD')
    .toLowerCase()
    .toUpperCase()
    .replace(/(?<=\p{Script=Greek})\p{M}+|\u0307/gu, '');
}

/** Prisma conditions: each word of the search occurs, anywhere. Errors: BAD_USER_INPUT for a search that is too long. */
export function withAllWords(search: string) {
  if (characterCount(search) > MAX_SEARCH_LENGTH) {
    throw new AppError('BAD_USER_INPUT', `\`search\` must be at most ${MAX_SEARCH_LENGTH} characters.`);
  }
  const words = new Set(searchable(search).split(/\s+/u).filter(Boolean));
  return [...words].map((word) => ({ searchText: { ...containing(word), mode: 'default' as const } }));
}
