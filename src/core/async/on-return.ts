/**
 * Calls `leave` as soon as the generator is returned. By itself, a generator that waits for something hears of
 * `return` only when the wait is over, so `leave` is what ends the wait; one that has not begun never hears of it.
 * Gives the same generator.
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
 * The same for waits that end by a signal.
 *
 * @example
 * const lines = abortOnReturn((signal) => readLines(socket, signal));
 */
export function abortOnReturn<T>(start: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>) {
  const left = new AbortController();
  return onReturn(start(left.signal), () => left.abort());
}
