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
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw new EventTooLargeError();
    },
  });
  #events: SseEvent[] = [];

  /** The events that these bytes complete. */
  read(bytes: Uint8Array): SseEvent[] {
    return this.#feed(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The event that the end of the stream completes, if any. */
  end(): SseEvent[] {
    return this.#feed(`${this.#decoder.decode()}\n\n`);
  }

  #feed(text: string): SseEvent[] {
    this.#events = [];
    this.#parser.feed(text);
    return this.#events;
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

export interface SseEvent {
  name: string | undefined;
  data: string;
}
