/**
 * The id of a log that knows the type of the log's events. What gives or takes events asks for a `Log`, so that an
 * event of another log does not compile; everything else takes the bare id.
 */
export type Log<Event = unknown> = string & { readonly [EVENT]: Event };

/** All logs of one kind: gives a subject's log. `prefix` stands in front of the subject in every id. */
export interface LogKind<Event = unknown> {
  (subject: string): Log<Event>;
  readonly prefix: string;
}

/**
 * The one place where an id gets its type: each kind is declared once, beside the type of its events.
 *
 * @example
 * export const runLog = logKind<RunEvent>('run');
 * tx.append(runLog(id), { type: 'Started' });
 */
export function logKind<Event>(name: string): LogKind<Event> {
  const prefix = `${name}:`;
  return Object.assign((subject: string) => `${prefix}${subject}` as Log<Event>, { prefix });
}

/** Exists for the compiler only. */
declare const EVENT: unique symbol;
