import { ModelError, type ModelStreamPart } from '../language-model.ts';
import { cleanWords } from '../wire/clean-words.ts';
import { type AnswerEnd, endFor } from '../wire/ends.ts';
import { readEvents } from '../wire/event-stream.ts';
import { openAnswer } from '../wire/open-answer.ts';
import { errorFromResponse, type ProviderIdentity } from '../wire/provider-error.ts';
import { sendAccepted } from '../wire/refused-parameters.ts';
import { AnswerText } from './answer-text.ts';
import { ArrivedAnswer, type AskedAnswer } from './arrived-answer.ts';
import type { ThinkingFilter } from './thinking-filter.ts';

/**
 * Performs one call to a provider. Its SDK sends the request; the answer is checked and read here, in the same way for
 * all providers. Timeouts apply, redirects are errors, and whatever ends the call early closes the connection and becomes
 * one ModelError.
 */
export async function* callProvider(call: ProviderCall): AsyncGenerator<ModelStreamPart> {
  call.signal.throwIfAborted();
  const connection = new ProviderConnection(call);
  const text = new AnswerText(call.filter);
  const answer = new ArrivedAnswer(call);
  try {
    await call.send(connection);
    const read = call.reader(connection);
    for await (const events of connection.events()) {
      // One part at a time, so that none is lost when the next fails. Plain loops: a generator would cost as much as the rest.
      for (const event of events) {
        for (const raw of read(event)) {
          for (const part of text.read(raw)) {
            connection.signal.throwIfAborted(); // also for events that had arrived before an abort
            answer.observe(part);
            yield part;
          }
        }
      }
    }
    answer.checkEnd(connection.end, connection);
    for (const part of text.end(connection.end === 'complete')) {
      answer.observe(part);
      yield part;
    }
    connection.signal.throwIfAborted();
    yield { type: 'end', reason: answer.endReason(connection.end, connection) };
  } catch (error) {
    const failure = connection.explain(error);
    yield* text.abandon();
    throw failure;
  } finally {
    connection.close();
  }
}

/**
 * The connection of one call. `signal` aborts for everything that ends it early: an abort by the caller, the idle
 * timeout, the total timeout, or a reader that leaves.
 */
export class ProviderConnection {
  readonly #call: ProviderCall;
  readonly #controller = new AbortController();
  readonly #totalTimer: NodeJS.Timeout;
  #idleTimer: NodeJS.Timeout | undefined;
  /** The first failure. Errors that the SDK derives from it are less specific. */
  #failure: ModelError | undefined;
  #answered = false;
  #bytes: AsyncGenerator<Uint8Array> | undefined;
  #endWord = '';
  #endWords = '';
  #isRefused = false;
  #hasEndMarker = false;
  #isPartial = false;

  constructor(call: ProviderCall) {
    this.#call = call;
    call.signal.addEventListener('abort', this.#stop, { once: true });
    this.#totalTimer = setTimeout(
      () => this.#timeOut('the whole answer', call.timeouts.totalMs),
      call.timeouts.totalMs,
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Passed to the SDK instead of the global `fetch`. The SDK gets an empty body: `events` reads the answer. */
  readonly fetch: typeof fetch = async (url, init) => {
    const address = url instanceof Request ? url.url : String(url);
    const response = await sendAccepted(address, init?.body, (accepted) => {
      this.#expectBytes();
      const body = accepted ?? init?.body;
      const { fetch: send = fetch } = this.#call;
      return send(url, { ...init, body, redirect: 'manual', signal: this.signal });
    });
    this.#answered = true;
    const { headers, body } = response;
    try {
      if (!response.ok) throw await errorFromResponse(response, this.#call);
      this.#bytes = await openAnswer(this.#bytesOf(body), response, this.#call);
    } catch (error) {
      this.#failure ??= error instanceof ModelError ? error : undefined; // the SDK would hide it in its own
      throw error;
    }
    return new Response('', { headers });
  };

  /** The events of the answer, one list for each piece that arrives. */
  events(): AsyncGenerator<object[]> {
    return readEvents(this.#bytes ?? this.#bytesOf(null), this.#call, this);
  }

  /** Called by the adapter with each word of the provider for the end of the answer, and its explanation. The last one counts. */
  endsWith(word: unknown, explanation?: unknown): void {
    if (typeof word === 'string' && word !== '') this.#endWord = word.slice(0, MAX_WORD_CHARACTERS);
    if (typeof explanation === 'string') this.#endWords = explanation;
  }

  /** Called by the adapter with the pieces of a refusal, which stays one whatever word follows. */
  refuses(words: unknown): void {
    this.#isRefused = true;
    if (typeof words === 'string') this.#endWords = (this.#endWords + words).slice(0, MAX_REFUSAL_CHARACTERS);
  }

  /** Called by the adapter when its protocol's own end marker has arrived. */
  hasEnded(): void {
    this.#hasEndMarker = true;
  }

  /** Called by the adapter when it leaves out a part of the answer that is no text. Then the answer is not complete. */
  leavesOut(): void {
    this.#isPartial = true;
  }

  get isOver(): boolean {
    return this.#isRefused || this.#hasEndMarker || this.#endWord !== '';
  }

  /** Fit for a message. */
  get endWord(): string {
    return cleanWords(this.#endWord, this.#call.apiKey);
  }

  /** What the provider says about the end, fit for a message. */
  get endWords(): string {
    return cleanWords(this.#endWords, this.#call.apiKey);
  }

  get end(): AnswerEnd {
    if (this.#isRefused) return 'refused';
    const end = endFor(this.#endWord, this.#hasEndMarker);
    return end === 'complete' && this.#isPartial ? 'unknown' : end;
  }

  /** The error to throw for whatever ended the call early. */
  explain(error: unknown): unknown {
    const { signal, provider } = this.#call;
    if (signal.aborted) return signal.reason;
    if (this.#failure) return this.#failure;
    if (error instanceof ModelError) return error;
    const message = this.#answered
      ? `The answer of ${provider} was interrupted or is unreadable. Try again.`
      : `${provider} cannot be reached. Check the network and the base URL, or try again later.`;
    return new ModelError('UNAVAILABLE', message, { cause: error });
  }

  /** Clears the timers and closes the connection if the answer is incomplete. */
  close(): void {
    clearTimeout(this.#totalTimer);
    clearTimeout(this.#idleTimer);
    this.#call.signal.removeEventListener('abort', this.#stop);
    this.#stop();
  }

  readonly #stop = (): void => this.#controller.abort();

  /** The idle timeout runs only while the reader waits for the provider, not while the provider waits for the reader. */
  async *#bytesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
    if (!body) return;
    const reader = body.getReader();
    try {
      while (true) {
        this.#expectBytes();
        const { done, value } = await reader.read();
        clearTimeout(this.#idleTimer);
        if (done) return;
        yield value;
      }
    } finally {
      reader.cancel().catch(() => {}); // it is over, whatever the connection says
    }
  }

  #expectBytes(): void {
    const { idleMs } = this.#call.timeouts;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#timeOut('the next part of its answer', idleMs), idleMs);
  }

  #timeOut(what: string, ms: number): void {
    const { provider } = this.#call;
    const message = `${provider} took longer than ${ms / 1_000} s for ${what}. Try again.`;
    this.#failure ??= new ModelError('TIMEOUT', message);
    this.#stop();
  }
}

/** For a word that comes from outside and is repeated in a message. */
const MAX_WORD_CHARACTERS = 60;
const MAX_REFUSAL_CHARACTERS = 4_096;

export interface ModelTimeouts {
  /** Maximum time before the first and between two parts of the answer. Runs only while the reader waits. */
  idleMs: number;
  /** Maximum time from the request to the end of the answer. */
  totalMs: number;
}

export interface ProviderCall extends ProviderIdentity, AskedAnswer {
  /** Default: the global one. */
  fetch?: typeof fetch | undefined;
  timeouts: ModelTimeouts;
  signal: AbortSignal;
  /** Separates thinking from the text of this call. */
  filter: ThinkingFilter;
  /** Sends the request with the provider's SDK, through the connection's `fetch` and `signal`. */
  send: (connection: ProviderConnection) => Promise<void>;
  reader: (connection: ProviderConnection) => EventReader;
}

/** Returns the parts that an event of the provider's protocol holds: text, thinking and usage, but no `end`. */
export type EventReader = (event: object) => ModelStreamPart[];
