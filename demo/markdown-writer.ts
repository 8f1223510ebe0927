import { columnsOf, paint, printable, type Terminal } from './terminal.ts';

/** A whole text at once. */
export function printMarkdown(terminal: Terminal, text: string): void {
  const writer = new MarkdownWriter(terminal);
  writer.push(text);
  writer.end();
}

/**
 * Markdown for a terminal, as it comes: lines are broken between words, list items hang, and emphasis is painted.
 * A word is held back until it is whole.
 */
export class MarkdownWriter {
  readonly #write: (text: string) => void;
  readonly #width: number;
  readonly #painted: boolean;
  #word = '';
  #column = 0;
  #hang = 0;
  #isNewLine = true;
  #isHeading = false;
  #isBold = false;
  #isItalic = false;

  constructor(terminal: Terminal) {
    this.#write = (text) => terminal.write(text);
    this.#width = terminal.width - INDENT.length;
    this.#painted = terminal.isInteractive; // elsewhere the marks stay
  }

  push(text: string): void {
    for (const part of printable(text).split(/( |\n)/)) {
      if (part !== ' ' && part !== '\n') this.#word += part;
      else this.#endWord();
      if (part === '\n') this.#endLine();
    }
  }

  end(): void {
    this.#endWord();
    if (!this.#isNewLine) this.#endLine();
  }

  #endWord(): void {
    const word = this.#word;
    this.#word = '';
    if (word === '') return;
    if (this.#isNewLine) {
      this.#startLine(word);
      if (this.#isHeading && this.#painted) return; // the style says it
    } else if (this.#column > 0) {
      if (this.#column + 1 + columnsOf(word) > this.#width) this.#break();
      else this.#put(' ');
    }
    this.#style(word);
  }

  #startLine(word: string): void {
    this.#write(INDENT);
    this.#isNewLine = false;
    this.#isHeading = /^#{1,6}$/.test(word);
    this.#hang = /^([-*]|\d+\.)$/.test(word) ? word.length + 1 : 0;
  }

  #break(): void {
    this.#write(`\n${INDENT}${' '.repeat(this.#hang)}`);
    this.#column = this.#hang;
  }

  #endLine(): void {
    this.#write('\n');
    this.#column = 0;
    this.#isNewLine = true;
    this.#isHeading = this.#isBold = this.#isItalic = false;
  }

  /** One word with the marks in it: `**bold**,` turns bold on, and off again before the comma. */
  #style(word: string): void {
    if (!this.#painted || word === '*') return this.#put(word);
    for (const part of word.split(/(\*\*|\*|`)/)) {
      if (part === '**') this.#isBold = !this.#isBold;
      else if (part === '*') this.#isItalic = !this.#isItalic;
      else if (part !== '`' && part !== '') this.#put(part);
    }
  }

  #put(text: string): void {
    this.#column += columnsOf(text);
    if (this.#isHeading || this.#isBold) this.#write(paint('bold', text));
    else if (this.#isItalic) this.#write(paint('italic', text));
    else this.#write(text);
  }
}

const INDENT = '    ';
