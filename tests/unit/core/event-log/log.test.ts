import { describe, expect, it } from 'vitest';
import type { BatchWriter } from '../../../../src/core/event-log/batch-writer.ts';
import type { EventLogReader } from '../../../../src/core/event-log/event-log.ts';
import { type Log, logKind } from '../../../../src/core/event-log/log.ts';

describe('logKind', () => {
  it('returns a log for each subject whose id starts with the prefix', () => {
    expect(runLog('7')).toBe('run:7');
    expect(runLog.prefix).toBe('run:');
  });
});

describe('a typed log', () => {
  it('accepts and returns only events of its own type, checked by the compiler', () => {
    const check = async (writer: BatchWriter, reader: EventLogReader, unknownEvent: unknown) => {
      const log = runLog('7');
      await writer.append(log, 1, { type: 'Text', of: 'a', text: 'piece' });
      // @ts-expect-error: an event of another log
      await writer.append(log, 1, { type: 'Started' });
      // @ts-expect-error: whatever it may be
      await writer.append(log, 1, unknownEvent);
      // @ts-expect-error: an id without a type
      await writer.append('run:7', 1, { type: 'Ended' });
      // @ts-expect-error: a log of something else
      const other: Log<{ type: 'Started' }> = log;
      const [event] = (await reader.read(log, 0, 1)).events;
      event?.data.type satisfies 'Text' | 'Ended' | undefined;
      await reader.texts(log, [{ type: 'Text', of: 'a' }]);
      // @ts-expect-error: an event that carries no text
      await reader.texts(log, [{ type: 'Ended' }]);
      return other;
    };
    expect(check).toBeTypeOf('function');
  });
});

type RunEvent = { type: 'Text'; of: string; text: string } | { type: 'Ended' };
const runLog = logKind<RunEvent>('run');
