import type { ModelRequest } from './language-model.ts';

/**
 * Cuts a text into pieces about the size of a token; joined, they are the text again. A surrogate pair is
 * never cut. Latin and Cyrillic words give a piece for up to eight letters, Hangul one for two syllables,
 * Chinese and Japanese one for each character.
 */
export function splitTokens(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/**
 * About how many tokens a text has, for the OFFLINE model and for streams that were cut before their usage
 * came. Against the o200k tokenizer: English 1.0 to 1.1 times the true count, code and JSON 1.05 to 1.2,
 * Russian, German and Korean 0.9 to 1.0, Japanese 1.2, emoji 0.7.
 */
export function estimateTokens(text: string): number {
  return splitTokens(text).length;
}

/** About how many tokens a request's prompt has. */
export function estimateInputTokens(request: ModelRequest): number {
  return request.messages.reduce(
    (sum, message) => sum + estimateTokens(message.content),
    estimateTokens(request.system),
  );
}

/**
 * More tokens than any provider will count for this request's prompt: every known tokenizer makes at least
 * one UTF-8 byte of each token, and the rest covers what wraps the messages.
 */
export function worstCaseInputTokens(request: ModelRequest): number {
  return request.messages.reduce(
    (sum, message) => sum + Buffer.byteLength(message.content) + TOKENS_AROUND_MESSAGE,
    Buffer.byteLength(request.system) + TOKENS_AROUND_REQUEST,
  );
}

const TOKEN =
  / ?[\p{L}--[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]]{1,8}| ?\p{scx=Hang}{1,2}| ?[0-9]{1,3}|[^\S\n]*\n+|\s+|[!-\/:-@\[-`\{-~]{1,3}|./gsv;

const TOKENS_AROUND_MESSAGE = 16;
/** Also room for the instruction that asks for JSON where the provider has no mode for it. */
const TOKENS_AROUND_REQUEST = 128;
