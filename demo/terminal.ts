import { stripVTControlCharacters, styleText } from 'node:util';

/**
 * What the audience sees. On a terminal a live area at the bottom redraws itself while lines scroll by above it;
 * anywhere else there are only plain lines, without a control character.
 */
export class Terminal {
  readonly isInteractive: boolean;
  readonly #out: NodeJS.WriteStream;
  #render: (() => string[]) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #drawnLines = 0;
  #chapters = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.isInteractive = out.isTTY && process.env['TERM'] !== 'dumb';
  }

  /** Columns of a line of text: no more than a person likes to read. */
  get width(): number {
    return Math.min(this.isInteractive ? this.#out.columns - 1 : MAX_WIDTH, MAX_WIDTH);
  }

  chapter(title: string): void {
    const number = String(++this.#chapters).padStart(2);
    const rule = '─'.repeat(Math.max(0, this.width - title.length - 6));
    this.print('', `${paint('cyan', number)}  ${paint('bold', title)}  ${paint('dim', rule)}`, '');
  }

  /** Whole lines, above the live area. */
  print(...lines: string[]): void {
    this.#erase();
    this.#out.write(lines.map((line) => `${line}\n`).join(''));
    this.#draw();
  }

  /** A text that hangs beside its sign. */
  say(sign: string, text: string, style?: Style): void {
    this.print(...paragraph(sign, text, this.width, style));
  }

  /** Text as it comes; not while there is a live area. */
  write(text: string): void {
    this.#out.write(text);
  }

  /** Draws what `render` gives several times a second, until `settle`. Plain output shows nothing of it. */
  live(render: () => string[]): void {
    if (!this.isInteractive) return;
    this.#render = render;
    this.#out.write(HIDE_CURSOR);
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  /** Ends the live area: its last picture stays, or goes. */
  settle({ keep }: { keep: boolean }): void {
    if (!this.#render) return;
    clearInterval(this.#timer);
    if (keep) this.#draw();
    else this.#erase();
    this.#render = null;
    this.#drawnLines = 0;
    this.#out.write(SHOW_CURSOR);
  }

  /** Waits for something short, with a sign of life. */
  async waiting<Result>(what: string, work: Promise<Result>): Promise<Result> {
    this.live(() => [`  ${spinner()} ${paint('dim', what)}`]);
    try {
      return await work;
    } finally {
      this.settle({ keep: false });
    }
  }

  #draw(): void {
    if (!this.#render) return;
    const lines = this.#render().slice(-(this.#out.rows - 1));
    this.#out.write(
      `${up(this.#drawnLines)}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`,
    );
    this.#drawnLines = lines.length;
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#out.write(`${up(this.#drawnLines)}${CLEAR_BELOW}`);
    this.#drawnLines = 0;
  }
}

/** Colours where the output takes them; `NO_COLOR` and `FORCE_COLOR` count. */
export function paint(style: Style, text: string): string {
  return styleText(style, text);
}

export function spinner(): string {
  return paint('cyan', FRAMES[Math.floor(Date.now() / REDRAW_MS) % FRAMES.length] ?? '');
}

/** Exactly `width` columns of a text: cut off or filled up. Unpainted text only. */
export function fit(text: string, width: number): string {
  const line = printable(text).replaceAll('\n', ' ');
  if (columnsOf(line) <= width) return line + ' '.repeat(width - columnsOf(line));
  let cut = '';
  for (const character of line) {
    if (columnsOf(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…${' '.repeat(Math.max(0, width - 1 - columnsOf(cut)))}`;
}

/** A sign, and a text that hangs beside it. */
export function paragraph(sign: string, text: string, width: number, style?: Style): string[] {
  const margin = columnsOf(stripVTControlCharacters(sign)) + 1;
  return wrap(text, width - margin).map((line, index) => {
    const before = index === 0 ? `${sign} ` : ' '.repeat(margin);
    return before + (style ? paint(style, line) : line);
  });
}

/** The text in lines of at most `width` columns, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of printable(text).split(/\s+/)) {
    const line = lines.at(-1);
    if (line && columnsOf(line) + 1 + columnsOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

/** What a model or a server wrote must not steer the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return stripVTControlCharacters(text).replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ');
}

export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}

const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

const up = (lines: number) => (lines > 0 ? `\u001b[${lines}A` : '');
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 80;
const MAX_WIDTH = 100;

export type Style = Parameters<typeof styleText>[0];
