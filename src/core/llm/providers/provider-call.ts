import { ModelError, type ModelStreamPart } from '../language-model.ts';
import { endFor } from '../wire/ends.ts';
import { rewriteEvents } from '../wire/event-stream.ts';
import { openAnswer } from '../wire/open-answer.ts';
import { errorFromResponse, type ProviderIdentity } from '../wire/provider-error.ts';
import { answerParts } from './answer-parts.ts';
import { ArrivedAnswer } from './arrived-answer.ts';
import type { ThinkingFilter } from './thinking-filter.ts';

/**
 * Performs one call to a provider through its SDK. Unifies on the connection what the SDKs do differently: timeouts
 * apply, redirects and errors are handled and events are rewritten before the SDK sees them, and whatever ends the call
 * early closes the connection and becomes one ModelError.
 */
export async function* callProvider(call: ProviderCall): AsyncGenerator<ModelStreamPart> {
  call.signal.throwIfAborted();
  const connection = new ProviderConnection(call);
  const answer = new ArrivedAnswer(call.provider);
  try {
    for await (const part of answerParts(call.parts(connection), call.filter)) {
      connection.signal.throwIfAborted(); // on an abort, some SDKs end their stream as if it were complete
      answer.observe(part);
      yield part;
    }
    connection.signal.throwIfAborted();
    yield { type: 'end', reason: answer.endReason(connection.end, connection.endWord) };
  } catch (error) {
    throw connection.explain(error);
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
  #endWord = '';
  #hasEndMarker = false;

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

  /** Passed to the SDK instead of the global `fetch`. */
  readonly fetch: typeof fetch = async (url, init) => {
    this.#expectBytes();
    const response = await fetch(url, { ...init, redirect: 'manual' });
    this.#answered = true;
    if (!response.ok) throw this.#fail(await errorFromResponse(response, this.#call));
    const body = await this.#remembered(openAnswer(this.#bytesOf(response.body), response, this.#call));
    const events = rewriteEvents(body, this.#call, () => (this.#hasEndMarker = true));
    return new Response(this.#streamOf(events), response.body ? response : { headers: response.headers });
  };

  /** Called by the adapter with each word of the provider for the end of the answer. The last one counts. */
  endsWith(word: unknown): void {
    if (typeof word === 'string' && word !== '') this.#endWord = word.slice(0, MAX_WORD_CHARACTERS);
  }

  /** Called by the adapter when its protocol's own end marker has arrived. */
  hasEnded(): void {
    this.#hasEndMarker = true;
  }

  get endWord(): string {
    return this.#endWord;
  }

  get end(): ReturnType<typeof endFor> {
    return endFor(this.#endWord, this.#hasEndMarker);
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

  #streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
    const pull = async (stream: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      const { done, value } = await this.#remembered(chunks.next());
      if (done) stream.close();
      else stream.enqueue(value);
    };
    const cancel = () => void chunks.return(undefined).catch(() => {});
    return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  }

  async #remembered<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof ModelError ? this.#fail(error) : error;
    }
  }

  #expectBytes(): void {
    const { idleMs } = this.#call.timeouts;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#timeOut('the next part of its answer', idleMs), idleMs);
  }

  #timeOut(what: string, ms: number): void {
    const seconds = ms / 1_000;
    this.#fail(
      new ModelError(
        'TIMEOUT',
        `${this.#call.provider} took longer than ${seconds} s for ${what}. Try again.`,
      ),
    );
    this.#stop();
  }

  #fail(error: ModelError): ModelError {
    this.#failure ??= error;
    return this.#failure;
  }
}

/** For a word that comes from outside and is repeated in a message. */
const MAX_WORD_CHARACTERS = 60;

export interface ModelTimeouts {
  /** Maximum time before the first and between two parts of the answer. Runs only while the reader waits. */
  idleMs: number;
  /** Maximum time from the request to the end of the answer. */
  totalMs: number;
}

export interface ProviderCall extends ProviderIdentity {
  timeouts: ModelTimeouts;
  signal: AbortSignal;
  /** Separates thinking from the text of this call. */
  filter: ThinkingFilter;
  /** Performs the call with the provider's SDK, through the connection's `fetch` and `signal`. */
  parts: (connection: ProviderConnection) => AsyncIterable<ModelStreamPart>;
}
