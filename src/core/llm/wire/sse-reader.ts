import { createParser } from 'eventsource-parser';

/**
 * Reads server-sent events by the standard, from bytes that may be split anywhere. In addition, the last event needs no
 * empty line after it. Events without data are left out.
 * Errors: EventTooLargeError.
 */
export class SseReader {
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ event, data }) => this.#events.push({ name: event, data }),
    onError: ({ type, line }) => {
      if (type === 'max-buffer-size-exceeded') throw new EventTooLargeError();
      if (type === 'unknown-field') this.#keepForeign(line ?? '');
    },
  });
  #events: SseEvent[] = [];
  /** The start of a line. The parser would drop it if it cannot become a field. */
  #line = '';
  #foreignLines = '';

  /** The events that these bytes complete. */
  read(bytes: Uint8Array): SseEvent[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    const lines = end > 0 ? this.#line + text.slice(0, end) : '';
    this.#line = end > 0 ? text.slice(end) : this.#line + text;
    if (this.#line.length > MAX_EVENT_CHARACTERS) throw new EventTooLargeError();
    return this.#feed(lines);
  }

  /** The event that the end of the stream completes, if any. */
  end(): SseEvent[] {
    return this.#feed(`${this.#line}${this.#decoder.decode()}\n\n`);
  }

  /** The lines so far that are no field of an event, up to a limit. */
  get foreignLines(): string {
    return this.#foreignLines;
  }

  #feed(text: string): SseEvent[] {
    this.#events = [];
    this.#parser.feed(text);
    return this.#events;
  }

  #keepForeign(line: string): void {
    if (this.#foreignLines.length + line.length < MAX_FOREIGN_CHARACTERS) this.#foreignLines += `${line}\n`;
  }
}

/** One event or line is larger than any part of an answer can be. */
export class EventTooLargeError extends Error {
  constructor() {
    super(`an event has more than ${MAX_EVENT_CHARACTERS} characters`);
    this.name = 'EventTooLargeError';
  }
}

/** A whole answer of the longest models in one event, with its characters escaped, is smaller. */
const MAX_EVENT_CHARACTERS = 4 * 1024 * 1024;

const MAX_FOREIGN_CHARACTERS = 64 * 1024;

export interface SseEvent {
  name: string | undefined;
  data: string;
}
