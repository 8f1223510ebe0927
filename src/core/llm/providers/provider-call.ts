import { ModelError, type ModelStreamPart } from '../language-model.ts';
import {
  type ProviderIdentity,
  errorForStatus,
  errorFromResponse,
  type ProviderErrorBody,
} from './provider-errors.ts';
import { storableParts } from './storable-parts.ts';

/**
 * One call to a provider through its SDK. What the SDKs do not do the same way is done here, on the connection: the
 * clock is watched, redirects and refusals are judged before the SDK sees them, and whatever ends the call
 * early closes the connection and becomes one ModelError.
 */
export async function* callProvider(call: ProviderCall): AsyncGenerator<ModelStreamPart> {
  call.signal.throwIfAborted();
  const connection = new ProviderConnection(call);
  try {
    for await (const part of storableParts(call.parts(connection))) {
      connection.signal.throwIfAborted(); // some SDKs end their stream on an abort as if it were complete
      yield part;
    }
  } catch (error) {
    throw connection.explain(error);
  } finally {
    connection.close();
  }
}

/**
 * The connection of one call. Every way to end it early goes through `signal`: the caller's abort, no byte for
 * too long, too long in all, or a reader who left.
 */
export class ProviderConnection {
  readonly #call: ProviderCall;
  readonly #controller = new AbortController();
  readonly #totalTimer: NodeJS.Timeout;
  #idleTimer: NodeJS.Timeout | undefined;
  /** What went wrong first: what the SDK makes of it afterwards says less. */
  #failure: ModelError | undefined;
  #answered = false;

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

  /** For the SDK, in place of the global one. */
  readonly fetch: typeof fetch = async (url, init) => {
    this.#expectBytes();
    const response = await fetch(url, { ...init, redirect: 'manual' });
    this.#answered = true;
    if (!response.ok) throw this.#fail(await errorFromResponse(response, this.#call));
    if (!response.body) return response;
    return new Response(this.#watch(response.body), response);
  };

  /**
   * The last part of an answer. Errors: REFUSED when the provider, or its model, refused to answer; TRUNCATED when
   * the stream ended without the provider's sign that it is complete (`undefined`).
   */
  end(outcome: Outcome | undefined): ModelStreamPart {
    const { provider } = this.#call;
    if (outcome === 'refused')
      throw new ModelError('REFUSED', `${provider} refused to answer because of the content. Rephrase it.`);
    if (outcome === undefined)
      throw new ModelError('TRUNCATED', `${provider} ended its answer before it was complete. Try again.`);
    return { type: 'end', reason: outcome };
  }

  /** What is thrown for whatever ended the call early. */
  explain(error: unknown): unknown {
    const { signal, provider, errorInStream } = this.#call;
    if (signal.aborted) return signal.reason;
    if (this.#failure) return this.#failure;
    if (error instanceof ModelError) return error;
    const told = errorInStream(error);
    if (told) return errorForStatus(told.status, this.#call, told);
    const what = this.#answered
      ? `The answer of ${provider} broke off or cannot be read. Try again.`
      : `${provider} cannot be reached. Check the network and the base URL, or try again later.`;
    return new ModelError('UNAVAILABLE', what, { cause: error });
  }

  /** Stops the clock and, when the answer is not complete, the connection. */
  close(): void {
    clearTimeout(this.#totalTimer);
    clearTimeout(this.#idleTimer);
    this.#call.signal.removeEventListener('abort', this.#stop);
    this.#stop();
  }

  readonly #stop = (): void => this.#controller.abort();

  /** The clock runs only while the reader waits for the provider, never while the provider waits for the reader. */
  #watch(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    const pull = async (watched: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      this.#expectBytes();
      const { done, value } = await reader.read();
      clearTimeout(this.#idleTimer);
      if (done) watched.close();
      else watched.enqueue(value);
    };
    return new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 });
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

/** How an answer ended, as its provider says. */
export type Outcome = 'stop' | 'length' | 'refused';

export interface ModelTimeouts {
  /** Between two parts of the answer, and before the first one. Counts only while the reader waits. */
  idleMs: number;
  /** From the request to the end of the answer. */
  totalMs: number;
}

export interface ProviderCall extends ProviderIdentity {
  timeouts: ModelTimeouts;
  signal: AbortSignal;
  /** Performs the call with the provider's SDK, through the connection's `fetch` and `signal`. */
  parts: (connection: ProviderConnection) => AsyncIterable<ModelStreamPart>;
  /** What an error of the SDK says when the provider told of it inside the stream; else undefined. */
  errorInStream: (error: unknown) => StreamError | undefined;
}

export interface StreamError extends ProviderErrorBody {
  /** The HTTP status that it would have been. */
  status: number;
}
