/**
 * The id of a log, branded with the type of the log's events. Functions that read or write events take a `Log`, so
 * that an event of another log does not compile. Everything else takes the id as a plain string.
 */
export type Log<Event = unknown> = string & { readonly [EVENT]: Event };

/** All logs of one kind: returns the log of a subject. `prefix` starts the id of each of them. */
export interface LogKind<Event = unknown> {
  (subject: string): Log<Event>;
  readonly prefix: string;
}

/**
 * Declares a kind of log. The only place where an id gets its type: declare each kind once, next to its event type.
 *
 * @example
 * export const runLog = logKind<RunEvent>('run');
 * tx.append(runLog(id), { type: 'Started' });
 */
export function logKind<Event>(name: string): LogKind<Event> {
  const prefix = `${name}:`;
  return Object.assign((subject: string) => `${prefix}${subject}` as Log<Event>, { prefix });
}

/** Exists only for the type checker. */
declare const EVENT: unique symbol;
