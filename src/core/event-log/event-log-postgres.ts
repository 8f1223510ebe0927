/**
 * The event log in two tables: `event_logs`, with one row per log, whose lock is the right to append, and `events`.
 *
 * A statement sees rows as of its start, but a row lock waits for its holder and then returns the newest version of
 * the row. So statements read a head or a fence only from a row that they have locked themselves, and a writer that
 * waited for the lock sees a fence that a claim has raised in the meantime. READ COMMITTED is sufficient.
 *
 * Appends never deadlock with each other: they lock rows in the order of their ids, and lock none while a row is
 * still missing. A transaction takes all its other locks before it appends, and appends once.
 */
import type { Sql } from '../sql.ts';
import { storableJson } from '../text/storable-text.ts';
import {
  type EventLog,
  type FencedAppend,
  FencedError,
  type LogAppend,
  type LogPage,
  type LogState,
  MAX_PAGE_BYTES,
  type StoredEvent,
  type TextPart,
} from './event-log.ts';
import type { Log } from './log.ts';

/** Runs on a pool, where each call is its own transaction, or inside a transaction. */
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
      await this.#sql(CREATE, [missing]); // a `busy` log has just been deleted: the next attempt reports it as missing
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

  async read<Event>(log: Log<Event>, after: number, limit: number): Promise<LogPage<Event>> {
    const rows = await this.#sql<StoredEvent<Event> & { hasMore: boolean }>(READ, [
      log,
      after,
      limit,
      MAX_PAGE_BYTES,
    ]);
    return {
      events: rows.map(({ logId, seq, at, data }) => ({ logId, seq, at, data })),
      hasMore: rows.at(-1)?.hasMore ?? false,
    };
  }

  async texts<Event>(log: Log<Event>, parts: readonly TextPart<Event>[]): Promise<string[]> {
    if (parts.length === 0) return [];
    const rows = await this.#sql<{ text: string }>(TEXTS, [log, storableJson(parts)]);
    return rows.map(({ text }) => text);
  }

  async trim(logId: string, upTo: number): Promise<void> {
    await this.#sql(TRIM, [logId, upTo]);
  }

  async erase(logId: string): Promise<void> {
    await this.#sql(ERASE, [logId]);
  }

  async #write(statement: string, appends: readonly LogAppend[]) {
    const rows = await this.#sql<Outcome>(statement, [storableJson(appends)]);
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

/** The window is read in the order of the index and ends with the limit. */
const READ = `
  SELECT log_id AS "logId", seq, at, data, "hasMore" FROM (
    SELECT *, lead(seq) OVER ordered IS NOT NULL AS "hasMore", row_number() OVER ordered AS nth,
      sum(octet_length(data::text)) OVER ordered AS bytes
    FROM events WHERE log_id = $1 AND seq > $2
    WINDOW ordered AS (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ORDER BY seq LIMIT $3
  ) page WHERE nth = 1 OR bytes <= $4 ORDER BY seq`;

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
 * Locks the rows of the logs, advances the heads of those whose fence is current, and numbers the events.
 * `together`: waits for locked rows, writes all or nothing, and locks nothing while a log is missing.
 */
function appendStatement({ together }: { together: boolean }): string {
  return `
    WITH requested AS (
      SELECT "logId" AS id, fence, events, jsonb_array_length(events) AS count,
        EXISTS (SELECT FROM event_logs WHERE id = "logId") AS known
      FROM jsonb_to_recordset($1::jsonb) AS append("logId" text, fence int, events jsonb)
    ),
    locked AS MATERIALIZED (
      SELECT id, fence FROM event_logs
      WHERE id IN (SELECT id FROM requested) ${together ? 'AND (SELECT bool_and(known) FROM requested)' : ''}
      ORDER BY id FOR UPDATE ${together ? '' : 'SKIP LOCKED'}
    ),
    accepted AS (
      SELECT requested.* FROM requested JOIN locked USING (id) WHERE requested.fence IS NULL OR requested.fence = locked.fence
    ),
    raised AS (
      UPDATE event_logs log SET head = head + count FROM accepted
      WHERE log.id = accepted.id
        ${together ? 'AND (SELECT count(*) FROM accepted) = (SELECT count(*) FROM requested)' : ''}
      RETURNING log.id, head - count AS base, events
    ),
    stored AS (
      INSERT INTO events (log_id, seq, at, data)
      SELECT id, base + nth, clock_timestamp(), data
      FROM raised, jsonb_array_elements(events) WITH ORDINALITY AS event(data, nth)
      RETURNING log_id, seq, at, data
    )
    SELECT requested.id AS "logId", seq, at, data,
      CASE
        WHEN seq IS NOT NULL THEN 'stored'
        WHEN requested.fence <> locked.fence OR (requested.fence IS NOT NULL AND NOT known) THEN 'fenced'
        WHEN locked.id IS NOT NULL THEN 'withdrawn'
        WHEN known THEN 'busy'
        ELSE 'missing'
      END AS outcome
    FROM requested LEFT JOIN stored ON log_id = requested.id LEFT JOIN locked ON locked.id = requested.id
    ORDER BY requested.id, seq`;
}

/**
 * One row per stored event, or one per log that stored none. `withdrawn`: the append was valid but stored nothing,
 * because it had no events or because another append of the same call failed.
 */
interface Outcome extends StoredEvent {
  outcome: 'stored' | 'fenced' | 'withdrawn' | 'busy' | 'missing';
}
