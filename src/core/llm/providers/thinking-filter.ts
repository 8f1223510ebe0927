import { ModelError, type ModelStreamPart } from '../language-model.ts';

/**
 * Separates the thinking that a model writes into its text: `<think>…</think>` before the answer, any number of times,
 * split anywhere, also without its opening tag or its end. A tag in quotes or backticks is text, as is an opening tag
 * in the middle of an answer.
 *
 * Without an opening tag, thinking looks like text until its end. Only of an answer that may begin inside of it
 * (`mayBeginInside`) is that end looked for: in others, `</think>` is text like any other. It is also text in a code fence,
 * and after an opening tag in the text. A `suspect` is held back: no text leaves before the end of the thinking or of the
 * answer, or before the provider sends thinking apart. Otherwise text leaves at once; when it turns out to have been thinking,
 * the filter throws ModelError UNAVAILABLE, so that the text is discarded and the model is asked again as a suspect. `onTold`
 * learns whether the text began inside of the thinking.
 */
export class ThinkingFilter {
  #hold: boolean;
  readonly #mostHeld: number;
  readonly #onTold: (beginsInside: boolean) => void;
  #state: 'start' | 'thinking' | 'answer' = 'start';
  #buffer = '';
  #closing = '';
  /** The text before the buffer that `hold` keeps back and that need not be searched again. */
  #held = '';
  /** Whether thinking has ended, so that all that follows it is the answer. */
  #hasThought = false;
  /** Whether all that follows is the answer, whatever it contains. */
  #isAnswer: boolean;
  #shown = '';
  #beganInside = false;

  constructor({ mayBeginInside, suspect = false, mostHeld = Infinity, onTold }: ThinkingFilterOptions) {
    this.#hold = suspect;
    this.#isAnswer = !mayBeginInside;
    this.#mostHeld = mostHeld;
    this.#onTold = onTold;
  }

  push(text: string): ModelStreamPart[] {
    const isPlain = this.#state === 'answer' && (this.#hasThought || this.#isAnswer);
    if (isPlain && this.#buffer === '') return [{ type: 'text', text }];
    this.#buffer += text;
    const parts: ModelStreamPart[] = [];
    while (this.#step(parts));
    return parts;
  }

  /** The provider sends the thinking apart from the text, which then has none without an opening tag. */
  thinkingIsApart(): void {
    this.#hold = false;
    this.#joinHeld();
  }

  /** What was still held back. `isWhole`: the answer was not cut. */
  end(isWhole: boolean): ModelStreamPart[] {
    if (isWhole && !this.#beganInside) this.#onTold(false);
    const parts: ModelStreamPart[] = [];
    if (this.#state === 'start' && this.#hasThought) this.#buffer = this.#buffer.trimStart();
    this.#joinHeld();
    this.#release(parts, this.#state === 'thinking' ? 'thinking' : 'text', this.#buffer.length);
    return parts;
  }

  /** What was still held back of an answer that failed: nobody reads it, but it is billed. */
  abandon(): ModelStreamPart[] {
    const parts: ModelStreamPart[] = [];
    this.#joinHeld();
    this.#release(parts, 'thinking', this.#buffer.length);
    return parts;
  }

  /** Takes one piece from the buffer. False when it has to wait for more text. */
  #step(parts: ModelStreamPart[]): boolean {
    if (this.#state === 'start') return this.#start();
    return this.#state === 'thinking' ? this.#think(parts) : this.#answer(parts);
  }

  #start(): boolean {
    const [opening, tag] = OPENING.exec(this.#buffer) ?? [];
    if (opening !== undefined && tag !== undefined) {
      this.#closing = CLOSINGS[tag.toLowerCase()]!;
      this.#buffer = this.#buffer.slice(opening.length);
      this.#state = 'thinking';
      return true;
    }
    const begun = this.#buffer.trimStart().toLowerCase();
    const mayBegin = this.#buffer.length < MAX_START_CHARACTERS;
    if (mayBegin && Object.keys(CLOSINGS).some((known) => known.startsWith(begun))) return false;
    if (this.#hasThought) this.#buffer = this.#buffer.trimStart();
    this.#state = 'answer';
    return true;
  }

  #think(parts: ModelStreamPart[]): boolean {
    const end = this.#buffer.toLowerCase().indexOf(this.#closing);
    if (end >= 0) return this.#endThinking(parts, end, this.#closing.length);
    this.#release(parts, 'thinking', this.#buffer.length - this.#closing.length + 1);
    return false;
  }

  #answer(parts: ModelStreamPart[]): boolean {
    if (this.#hasThought || this.#isAnswer) return this.#release(parts, 'text', this.#buffer.length);
    const closing = UNOPENED_CLOSING.exec(this.#buffer);
    if (closing && isInText(this.#shown + this.#held + this.#buffer.slice(0, closing.index))) {
      this.#isAnswer = true;
      this.#joinHeld();
      return true;
    }
    if (closing) {
      this.#beganInside = true;
      this.#onTold(true);
      if (this.#shown) throw new ModelError('UNAVAILABLE', MISREAD);
      return this.#endThinking(parts, closing.index, closing[0].length);
    }
    const kept = CLOSING_BEGUN.exec(this.#buffer)?.[0].length ?? 0;
    const searched = this.#buffer.length - kept;
    if (!this.#hold) {
      this.#shown += this.#buffer.slice(0, searched);
      return this.#release(parts, 'text', searched);
    }
    this.#held += this.#buffer.slice(0, searched);
    this.#buffer = this.#buffer.slice(searched);
    if (this.#held.length > this.#mostHeld) parts.push(...this.abandon());
    return false;
  }

  #joinHeld(): void {
    this.#buffer = this.#held + this.#buffer;
    this.#held = '';
  }

  #endThinking(parts: ModelStreamPart[], end: number, closingLength: number): true {
    const rest = this.#buffer.slice(end + closingLength);
    this.#buffer = this.#buffer.slice(0, end);
    this.#joinHeld();
    this.#release(parts, 'thinking', this.#buffer.length);
    this.#buffer = rest;
    this.#hasThought = true;
    this.#state = 'start';
    return true;
  }

  #release(parts: ModelStreamPart[], type: 'text' | 'thinking', length: number): false {
    if (length > 0) parts.push({ type, text: this.#buffer.slice(0, length) });
    this.#buffer = this.#buffer.slice(Math.max(0, length));
    return false;
  }
}

/** Whether a closing tag after this text is a part of it. */
function isInText(text: string): boolean {
  return OPENED.test(text) || text.split('```').length % 2 === 0;
}

const OPENED = /<think(?:ing)?>|\[think\]/i;

interface ThinkingFilterOptions {
  mayBeginInside: boolean;
  suspect?: boolean;
  /** In characters. More is an answer that ignores its limit, and leaves as thinking, so that whoever counts it can end it. */
  mostHeld?: number;
  onTold: (beginsInside: boolean) => void;
}

const CLOSINGS: Readonly<Record<string, string>> = {
  '<think>': '</think>',
  '<thinking>': '</thinking>',
  '<thought>': '</thought>',
  '<reasoning>': '</reasoning>',
  '[think]': '[/think]',
};
const OPENING = /^\s*(<think>|<thinking>|<thought>|<reasoning>|\[think\])/i;
const UNOPENED_CLOSING = /(?<![`"'])(?:<\/think(?:ing)?>|\[\/think\])/i;
/** The start of a closing tag at the end of a piece, with the quote before it. */
const CLOSING_BEGUN = /(?:[`"']?[<[]\/?[a-z]{0,8}|[`"'])$/i;
const MAX_START_CHARACTERS = 1_000;

const MISREAD =
  'The model wrote its thinking as if it were its answer. It is asked again, without the thinking.';
