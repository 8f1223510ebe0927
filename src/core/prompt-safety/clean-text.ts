/**
 * Removes characters that are invisible to people but read by models: control characters except newline and tab,
 * direction marks, other invisible characters, and unpaired surrogates. Keeps those that change how a visible
 * character looks: emoji sequences, one joiner between letters (Persian, Hindi), one variation selector after its
 * character. Changes nothing else; in particular, does not normalize the text.
 *
 * `removed` has one line per kind of removed character, at most four.
 *
 * @example cleanText('pay\u202E now') // { text: 'pay now', removed: ['Removed 1 direction character: U+202E.'] }
 */
export function cleanText(original: string): CleanedText {
  const removed = new Map<Kind, { count: number; codePoints: Set<string> }>();
  const text = original.replace(MEANINGFUL_OR_HIDDEN, (match, hidden: string | undefined) => {
    if (hidden === undefined) return match;
    const kind = kindOf(hidden);
    const seen = removed.get(kind) ?? { count: 0, codePoints: new Set() };
    seen.count += 1;
    if (seen.codePoints.size <= MAX_CODE_POINTS_NAMED) seen.codePoints.add(codePointName(hidden));
    removed.set(kind, seen);
    return '';
  });
  return {
    text,
    removed: [...removed].map(([kind, { count, codePoints }]) => describe(kind, count, [...codePoints])),
  };
}

/** A visible character, before or after the one under test. */
const VISIBLE = String.raw`[[\p{L}\p{M}\p{N}\p{P}\p{S}]--\p{DI}]`;

/** Removes only what the last alternative captures. The other alternatives skip sequences to keep. */
const MEANINGFUL_OR_HIDDEN = new RegExp(
  [
    // The flags of England, Scotland and Wales: the only emoji spelled with tag characters.
    String.raw`\u{1F3F4}\u{E0067}\u{E0062}[\u{E0063}-\u{E0077}]{3}\u{E007F}`,
    String.raw`[\u200C\u200D](?<=${VISIBLE}\uFE0F?.)(?=${VISIBLE})`,
    String.raw`\p{Variation_Selector}(?<=${VISIBLE}.)`,
    String.raw`(?!\n|\t|\r\n)([\p{Cc}\p{Cs}\p{DI}\uFFF9-\uFFFB])`,
  ].join('|'),
  'gv',
);

const DIRECTION = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** A text may contain thousands of different ones; the report lists only the first few. */
const MAX_CODE_POINTS_NAMED = 5;

function kindOf(character: string): Kind {
  if (DIRECTION.test(character)) return 'direction';
  if (/\p{Cc}/u.test(character)) return 'control';
  return /\p{Cs}/u.test(character) ? 'broken' : 'invisible';
}

function codePointName(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

function describe(kind: Kind, count: number, codePoints: string[]): string {
  const named = codePoints.slice(0, MAX_CODE_POINTS_NAMED).join(', ');
  const more = codePoints.length > MAX_CODE_POINTS_NAMED ? ' and others' : '';
  return `Removed ${count} ${kind} character${count === 1 ? '' : 's'}: ${named}${more}.`;
}

type Kind = 'control' | 'direction' | 'invisible' | 'broken';

export interface CleanedText {
  text: string;
  removed: string[];
}
