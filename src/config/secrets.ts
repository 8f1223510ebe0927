/**
 * What production refuses as a secret: what is short, what is copied from an example, and what a person types to fill
 * the field. None of it says that the rest is random; only a generated secret is.
 */
export function weaknessOf(secret: string): string | null {
  if (secret.length < MIN_LENGTH) return `is too weak: use at least ${MIN_LENGTH} random characters`;
  if (new Set(secret).size < MIN_DISTINCT_CHARACTERS)
    return 'is too weak: it has too few different characters';
  if (PUBLISHED.includes(secret.toLowerCase())) return 'is guessable: it is published in a tutorial';
  return withWord(secret, WORDS) ?? guessableBy(secret);
}

/** The same of a key, and of its bytes. */
export function keyWeaknessOf(key: string): string | null {
  const bytes = readKeyBytes(key)?.toString('latin1');
  if (bytes === undefined) return null; // said elsewhere
  return weaknessOf(key) ?? patternOf(bytes);
}

function patternOf(bytes: string): string | null {
  if (/^[ -~]+$/.test(bytes)) return 'is guessable: its bytes are a text';
  if (hasLongSequence(bytes) || isRepeated(bytes)) return 'is guessable: its bytes follow a pattern';
  return null;
}

/** The part of `weaknessOf` that also holds for passwords. */
export function guessableBy(secret: string): string | null {
  const word = withWord(secret, PLACEHOLDERS);
  if (word) return word;
  if (isRepeated(secret)) return 'is guessable: it repeats itself';
  if (hasLongSequence(secret)) return 'is guessable: it contains a sequence such as 01234567 or abcdefgh';
  if (hasKeyboardWalk(secret)) return 'is guessable: it contains keys that are side by side, such as asdfgh';
  return null;
}

/** The 32 bytes of a key in base64, base64url or hex. Null for anything else. */
export function readKeyBytes(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[\w+/-]{43}=?$/.test(text)) return null;
  return Buffer.from(text, 'base64');
}

function withWord(secret: string, words: readonly string[]): string | null {
  const typed = secret.toLowerCase();
  if (!words.some((word) => typed.includes(word))) return null;
  return `is guessable: it contains one of the words ${words.join(', ')}`;
}

/** Whether the whole text is a shorter one, again and again. */
function isRepeated(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}

function hasLongSequence(text: string): boolean {
  let length = 1;
  for (let index = 1; index < text.length && length < MAX_SEQUENCE; index++) {
    length = text.charCodeAt(index) - text.charCodeAt(index - 1) === 1 ? length + 1 : 1;
  }
  return length >= MAX_SEQUENCE;
}

/** Whether some keys in a row of a keyboard, from left or from right, follow each other. */
function hasKeyboardWalk(text: string): boolean {
  const typed = text.toLowerCase();
  return KEYBOARD_WALKS.some((walk) => typed.includes(walk));
}

/** So long that none is in a random secret by chance, as rows of digits would be. */
const WALK_LENGTH = 6;
const KEYBOARD_ROWS = ['qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm', '1qaz2wsx3edc4rfv'];
const KEYBOARD_WALKS = KEYBOARD_ROWS.flatMap((row) => [row, Array.from(row).toReversed().join('')]).flatMap(
  (row) =>
    Array.from({ length: row.length - WALK_LENGTH + 1 }, (_, start) => row.slice(start, start + WALK_LENGTH)),
);

/** Words of examples. Each is so long that it is not in a random secret by chance. */
const PLACEHOLDERS = ['secret', 'change', 'example', 'password', 'default', 'qwerty'] as const;
/** Words that people make secrets of; a password may hold them beside others. */
const WORDS = [
  'agentforge',
  'production',
  'development',
  'insecure',
  'correct',
  'battery',
  'staple',
] as const;
/** Keys of much-copied documents, in lower case: FastAPI's tutorial, RFC 7515. */
const PUBLISHED = [
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'aym1sysppbydfgzld3umj1qzkobwvmkoqq-estjqlr_t-1qs0gzh75aktmn3yj0ips4hcguutwjazzr1z9caow',
];
const MIN_LENGTH = 32;
const MIN_DISTINCT_CHARACTERS = 10;
const MAX_SEQUENCE = 8;
