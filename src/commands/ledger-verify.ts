import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { formatLedger, repairCounters, verifyLedger } from '../modules/usage/verify.ts';
import { withUnchangedDatabase } from './database.ts';

export async function ledgerVerify(config: Config, args: string[]): Promise<number> {
  const { repair } = parseArgs({ args, options: { repair: { type: 'boolean' } } }).values;
  return withUnchangedDatabase(config, async (database) => {
    const report = await verifyLedger(database);
    for (const line of formatLedger(report)) console.log(line);
    const { entries, counters } = report;
    if (entries.length + counters.length === 0) console.log('The ledger and the counters agree.');
    if (!repair) return entries.length + counters.length > 0 ? 1 : 0;
    if (counters.length > 0) {
      await repairCounters(database.sql, counters);
      console.log(`Set from the ledger: ${counters.length} counters.`);
    }
    return entries.length > 0 ? 1 : 0;
  });
}
