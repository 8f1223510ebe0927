/**
 * Calls `leave` as soon as the generator's `return` is called. A generator that is suspended in `await` handles
 * `return` only after the awaited promise settles, so `leave` must end the wait. A generator that has not started never
 * runs its `finally` blocks. Returns the same generator.
 */
export function onReturn<T>(
  generator: AsyncGenerator<T, void, undefined>,
  leave: () => void,
): AsyncGenerator<T, void, undefined> {
  const finish = generator.return.bind(generator);
  generator.return = (value) => {
    leave();
    return finish(value);
  };
  return generator;
}

/**
 * Creates a generator whose `return` also aborts the signal passed to `start`.
 *
 * @example
 * const lines = abortOnReturn((signal) => readLines(socket, signal));
 */
export function abortOnReturn<T>(start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>) {
  const left = new AbortController();
  return onReturn(start(left.signal), () => left.abort());
}
