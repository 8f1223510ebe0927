/**
 * The texts of an answer that have arrived, each at its place. Protocols send a text in pieces and then again as a whole,
 * and servers leave out some of either, or tell the place in one of them only.
 */
export class ArrivedTexts {
  readonly #texts: ArrivedText[] = [];
  /** Pieces that do not tell their place. */
  readonly #unplaced: ArrivedText = { text: '' };

  /** Takes a piece of a text. */
  add(place: TextPlace, piece: string): void {
    this.#at(place).text += piece;
  }

  /** Takes a whole text, and returns what of it has not arrived: never a text that equals what has. */
  complete(place: TextPlace, whole: string): string {
    const arrived = this.#at(place);
    const missing = this.#missing(arrived, whole);
    arrived.text += missing;
    return missing;
  }

  #missing(arrived: ArrivedText, whole: string): string {
    const unplaced = this.#unplaced.text;
    const words = whole.trim();
    const all = this.#texts.map(({ text }) => text);
    if (unplaced.includes(words) || [...all, all.join('')].some((text) => text.trim() === words)) return '';
    const start = arrived.text || unplaced;
    if (whole.startsWith(start)) return whole.slice(start.length);
    return arrived.text ? '' : whole;
  }

  #at({ id, index }: TextPlace): ArrivedText {
    if (id === undefined && index === undefined) return this.#unplaced;
    const isSame = (text: ArrivedText) =>
      text.id === undefined || id === undefined ? text.index === index : text.id === id;
    let text = this.#texts.find(isSame);
    if (!text) this.#texts.push((text = { text: '' }));
    text.id ??= id;
    text.index ??= index;
    return text;
  }
}

/** Either name is sufficient. Neither: the server does not tell it. */
export interface TextPlace {
  id?: string | undefined;
  index?: string | undefined;
}

interface ArrivedText extends TextPlace {
  text: string;
}
