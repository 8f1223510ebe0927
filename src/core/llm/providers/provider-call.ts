import { ModelError, type ModelStreamPart } from '../language-model.ts';
import {
  type ProviderIdentity,
  errorForStatus,
  errorFromResponse,
  type ProviderErrorBody,
} from './provider-errors.ts';
import { storableParts } from './storable-parts.ts';

/**
 * Performs one call to a provider through its SDK. Unifies on the connection what the SDKs do differently: timeouts
 * apply, redirects and error responses are handled before the SDK sees them, and whatever ends the call early closes
 * the connection and becomes one ModelError.
 */
export async function* callProvider(call: ProviderCall): AsyncGenerator<ModelStreamPart> {
  call.signal.throwIfAborted();
  const connection = new ProviderConnection(call);
  try {
    for await (const part of storableParts(call.parts(connection))) {
      connection.signal.throwIfAborted(); // on an abort, some SDKs end their stream as if it were complete
      yield part;
    }
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
    if (!response.body) return response;
    return new Response(this.#watch(response.body), response);
  };

  /**
   * The last part of an answer. Errors: REFUSED when the provider or its model refused to answer; TRUNCATED when the
   * stream ended without the provider's completion marker (`undefined`).
   */
  end(outcome: Outcome | undefined): ModelStreamPart {
    const { provider } = this.#call;
    if (outcome === 'refused')
      throw new ModelError('REFUSED', `${provider} refused the content. Rephrase it.`);
    if (outcome === undefined)
      throw new ModelError('TRUNCATED', `${provider} ended its answer before it was complete. Try again.`);
    return { type: 'end', reason: outcome };
  }

  /** The error to throw for whatever ended the call early. */
  explain(error: unknown): unknown {
    const { signal, provider, errorInStream } = this.#call;
    if (signal.aborted) return signal.reason;
    if (this.#failure) return this.#failure;
    if (error instanceof ModelError) return error;
    const report = errorInStream(error);
    if (report) return errorForStatus(report.status, this.#call, report);
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

/** The outcome of an answer, as reported by the provider. */
export type Outcome = 'stop' | 'length' | 'refused';

export interface ModelTimeouts {
  /** Maximum time before the first and between two parts of the answer. Runs only while the reader waits. */
  idleMs: number;
  /** Maximum time from the request to the end of the answer. */
  totalMs: number;
}

export interface ProviderCall extends ProviderIdentity {
  timeouts: ModelTimeouts;
  signal: AbortSignal;
  /** Performs the call with the provider's SDK, through the connection's `fetch` and `signal`. */
  parts: (connection: ProviderConnection) => AsyncIterable<ModelStreamPart>;
  /** The provider's error report if the SDK's error came from inside the stream, else undefined. */
  errorInStream: (error: unknown) => StreamError | undefined;
}

export interface StreamError extends ProviderErrorBody {
  /** The equivalent HTTP status. */
  status: number;
}
