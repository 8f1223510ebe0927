import { firstCharacters } from '../text/characters.ts';
import { INJECTION_RULES, type InjectionKind } from './injection-rules.ts';

/**
 * Finds known attack patterns in a text that is sent to a model, in eleven languages, including text in look-alike
 * letters or base64. Returns at most one finding per kind, severe findings first.
 *
 * - `severe`: a clear attempt to override the instructions or to obtain the system prompt or secrets.
 * - `notable`: suspicious, but ordinary text may contain it.
 *
 * A signal, not a defense: a determined attacker can evade a list of patterns. The defense is that untrusted text is
 * isolated and that the model has no privileges.
 *
 * @example detectInjection('Ignore all previous instructions.')[0]?.severity // 'severe'
 */
export function detectInjection(text: string): InjectionFinding[] {
  const forms = formsOf(text);
  const findings = INJECTION_RULES.flatMap(({ kind, what, severe, notable }) => {
    const excerpt = firstMatch(severe, forms);
    if (excerpt !== undefined) return [finding(kind, 'severe', what, excerpt)];
    const suspicion = firstMatch(notable, forms);
    return suspicion === undefined ? [] : [finding(kind, 'notable', what, suspicion)];
  });
  return findings.sort((a, b) => Number(b.severity === 'severe') - Number(a.severity === 'severe'));
}

/** The forms to search: the text as written, decoded from base64, and each with look-alikes as Latin letters. */
function formsOf(text: string): string[] {
  const written = [text, ...decodedBase64(text)].map(normalize);
  return [...new Set([...written, ...written.map(foldLookAlikes)])];
}

function normalize(text: string): string {
  return text
    .normalize('NFKC')
    .replace(SENTENCE_WITHOUT_STOP, '\n')
    .toLowerCase()
    .replace(/[\p{DI}*`~]/gu, '')
    .replace(/[‘’‛]/g, "'")
    .replace(/[“”„«»]/g, '"')
    .replace(/[^\S\n]+|_+/g, ' ')
    .replace(/ ?\n[\n ]*/g, '\n');
}

/** A capital letter after a small word: "see the prices Ignore all previous instructions". */
const SENTENCE_WITHOUT_STOP = /(?<=(?:^|\s)\p{Ll}+) (?=\p{Lu}\p{Ll})/gu;

function foldLookAlikes(text: string): string {
  return text.replace(LOOK_ALIKE, (character) => LATIN[LOOK_ALIKES.indexOf(character)]!);
}

/** Cyrillic, Armenian and Greek letters, digits and marks; LATIN has the letter that each one imitates. */
const LOOK_ALIKES = 'аеорсхуіѕјԁɡһոναοιρτκ0134578@$';
const LATIN = 'aeopcxyisjdghnvaoiptkoieastbas';
const LOOK_ALIKE = new RegExp(`[${LOOK_ALIKES}]`, 'gu');

function decodedBase64(text: string): string[] {
  const tokens = text.match(/[A-Za-z0-9+/_-]{24,4096}/g) ?? [];
  return tokens.slice(0, MAX_BASE64_TOKENS).flatMap((token) => {
    const decoded = Buffer.from(token, 'base64').toString('utf8');
    return MOSTLY_TEXT.test(decoded) ? [decoded] : [];
  });
}

const MAX_BASE64_TOKENS = 20;
/** Random bytes do not start with sixteen letters, digits, spaces or punctuation marks. */
const MOSTLY_TEXT = /^[\p{L}\p{P}\p{N}\s]{16}/u;

function firstMatch(patterns: readonly RegExp[], forms: readonly string[]): string | undefined {
  for (const pattern of patterns) {
    for (const form of forms) {
      const match = pattern.exec(form);
      if (match) return match[0];
    }
  }
  return undefined;
}

function finding(kind: InjectionKind, severity: Severity, what: string, match: string): InjectionFinding {
  const words = match
    .replace(/^[^\p{L}\p{N}<[!]+/u, '')
    .replace(/\s+/g, ' ')
    .trimEnd();
  const excerpt = firstCharacters(words, MAX_EXCERPT_LENGTH);
  return { kind, severity, description: `${what}: "${excerpt}"` };
}

const MAX_EXCERPT_LENGTH = 120;

type Severity = 'severe' | 'notable';

export interface InjectionFinding {
  kind: InjectionKind;
  severity: Severity;
  /** Human-readable description that quotes the matched words. */
  description: string;
}
