/**
 * The event log in two tables: `event_logs` with one row for each log, whose lock is the right to append, and
 * `events`.
 *
 * A statement sees rows as of its start, but locking one waits for its holder and then gives the row's newest
 * version. So a head or a fence is only ever taken from a row that the statement itself has locked, and a writer
 * that waited for the lock meets the fence which a claim has raised meanwhile. READ COMMITTED is all this needs.
 *
 * Appends never deadlock with each other: rows are locked in the order of their ids, and none is locked while one
 * of them is still to be made. A transaction takes all its other locks before it appends, and appends once.
 */
import type { Sql } from '../sql.ts';
import {
  type EventLog,
  type FencedAppend,
  FencedError,
  type LogAppend,
  type LogState,
  type StoredEvent,
  type TextPart,
} from './event-log.ts';
import type { Log } from './log.ts';

/** Works on a pool, where each call is a transaction of its own, and inside a transaction. */
export class PostgresEventLog implements EventLog {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async append(appends: readonly LogAppend[]): Promise<StoredEvent[]> {
    for (;;) {
      const { stored, missing, busy, fenced } = await this.#write(APPEND, appends);
      if (fenced[0] !== undefined) throw new FencedError(fenced[0]);
      if (missing.length === 0 && busy.length === 0) return stored;
      await this.#sql(CREATE, [missing]); // `busy` was deleted just now: the next try misses it
    }
  }

  async appendAvailable(appends: readonly FencedAppend[]) {
    const { stored, busy, fenced } = await this.#write(APPEND_AVAILABLE, appends);
    return { stored, busy, fenced };
  }

  async state(logId: string): Promise<LogState> {
    const [row] = await this.#sql<LogState>('SELECT head, floor FROM event_logs WHERE id = $1', [logId]);
    return row ?? { head: 0, floor: 0 };
  }

  async heads(logIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#sql<{ id: string; head: number }>(
      'SELECT id, head FROM event_logs WHERE id = ANY($1::text[])',
      [logIds],
    );
    return new Map(rows.map(({ id, head }) => [id, head]));
  }

  read<Event>(log: Log<Event>, after: number, limit: number): Promise<StoredEvent<Event>[]> {
    return this.#sql<StoredEvent<Event>>(
      `SELECT log_id AS "logId", seq, at, data FROM events
       WHERE log_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [log, after, limit],
    );
  }

  async texts<Event>(log: Log<Event>, parts: readonly TextPart<Event>[]): Promise<string[]> {
    if (parts.length === 0) return [];
    const rows = await this.#sql<{ text: string }>(TEXTS, [log, JSON.stringify(parts)]);
    return rows.map(({ text }) => text);
  }

  async trim(logId: string, upTo: number): Promise<void> {
    await this.#sql(TRIM, [logId, upTo]);
  }

  async erase(logId: string): Promise<void> {
    await this.#sql(ERASE, [logId]);
  }

  async #write(statement: string, appends: readonly LogAppend[]) {
    const rows = await this.#sql<Outcome>(statement, [JSON.stringify(appends)]);
    const stored = rows.filter(({ outcome }) => outcome === 'stored');
    const logs = (which: Outcome['outcome']) =>
      rows.filter(({ outcome }) => outcome === which).map(({ logId }) => logId);
    return {
      stored: stored.map(({ logId, seq, at, data }) => ({ logId, seq, at, data })),
      busy: logs('busy'),
      missing: logs('missing'),
      fenced: logs('fenced'),
    };
  }
}

const APPEND = appendStatement({ together: true });
const APPEND_AVAILABLE = appendStatement({ together: false });

const CREATE = `
  INSERT INTO event_logs (id) SELECT id FROM unnest($1::text[]) AS id ORDER BY id
  ON CONFLICT (id) DO NOTHING`;

const TRIM = `
  WITH log AS (
    UPDATE event_logs SET floor = least(head, greatest(floor, $2)) WHERE id = $1 RETURNING id, floor
  )
  DELETE FROM events USING log WHERE log_id = log.id AND seq <= log.floor`;

const ERASE = `
  WITH log AS (UPDATE event_logs SET fence = fence + 1, floor = head WHERE id = $1 RETURNING id)
  DELETE FROM events USING log WHERE log_id = log.id`;

const TEXTS = `
  SELECT coalesce(string_agg(data->>'text', '' ORDER BY seq), '') AS text
  FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS wanted(part, nth)
  LEFT JOIN events ON log_id = $1 AND data @> part
  GROUP BY nth ORDER BY nth`;

/**
 * Locks the logs' rows, raises the heads of those whose fence is right, and numbers the events from there.
 * `together`: waits for held rows and writes all or nothing, and locks nothing while a log is missing.
 */
function appendStatement({ together }: { together: boolean }): string {
  return `
    WITH asked AS (
      SELECT "logId" AS id, fence, events, jsonb_array_length(events) AS count,
        EXISTS (SELECT FROM event_logs WHERE id = "logId") AS known
      FROM jsonb_to_recordset($1::jsonb) AS append("logId" text, fence int, events jsonb)
    ),
    locked AS MATERIALIZED (
      SELECT id, fence FROM event_logs
      WHERE id IN (SELECT id FROM asked) ${together ? 'AND (SELECT bool_and(known) FROM asked)' : ''}
      ORDER BY id FOR UPDATE ${together ? '' : 'SKIP LOCKED'}
    ),
    accepted AS (
      SELECT asked.* FROM asked JOIN locked USING (id) WHERE asked.fence IS NULL OR asked.fence = locked.fence
    ),
    raised AS (
      UPDATE event_logs log SET head = head + count FROM accepted
      WHERE log.id = accepted.id
        ${together ? 'AND (SELECT count(*) FROM accepted) = (SELECT count(*) FROM asked)' : ''}
      RETURNING log.id, head - count AS base, events
    ),
    stored AS (
      INSERT INTO events (log_id, seq, at, data)
      SELECT id, base + nth, clock_timestamp(), data
      FROM raised, jsonb_array_elements(events) WITH ORDINALITY AS event(data, nth)
      RETURNING log_id, seq, at, data
    )
    SELECT asked.id AS "logId", seq, at, data,
      CASE
        WHEN seq IS NOT NULL THEN 'stored'
        WHEN asked.fence <> locked.fence OR (asked.fence IS NOT NULL AND NOT known) THEN 'fenced'
        WHEN locked.id IS NOT NULL THEN 'withdrawn'
        WHEN known THEN 'busy'
        ELSE 'missing'
      END AS outcome
    FROM asked LEFT JOIN stored ON log_id = asked.id LEFT JOIN locked ON locked.id = asked.id
    ORDER BY asked.id, seq`;
}

/** One for each stored event, else one for each log. `withdrawn`: fine, with nothing to store or because others were not. */
interface Outcome extends StoredEvent {
  outcome: 'stored' | 'fenced' | 'withdrawn' | 'busy' | 'missing';
}
