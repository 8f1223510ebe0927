import { MemoryEventLog } from '../support/event-log-memory.ts';
import { PostgresEventLog } from '../../src/core/event-log/event-log-postgres.ts';
import { claim } from '../../src/core/claims/claims.ts';
import { describeEventLog } from './event-log.ts';
import { testSql } from '../support/test-sql.ts';

describeEventLog('MemoryEventLog', () => {
  const log = new MemoryEventLog();
  return { log, claim: async (logId) => log.raiseFence(logId) };
});

const { sql } = testSql();
describeEventLog('PostgresEventLog', () => ({
  log: new PostgresEventLog(sql),
  claim: async (logId) => (await claim(sql, logId, 'test', -1_000))!.fence,
}));
