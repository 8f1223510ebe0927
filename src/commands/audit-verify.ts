import fs from 'node:fs';
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../errors.ts';
import { formatReport, readHeads } from '../modules/audit/report.ts';
import { verifyAuditLog } from '../modules/audit/verify.ts';
import { withUnchangedDatabase } from './database.ts';

export async function auditVerify(config: Config, args: string[]): Promise<number> {
  const { expect: file } = parseArgs({ args, options: { expect: { type: 'string' } } }).values;
  const expected = file === undefined ? undefined : readHeads(readOutput(file));
  if (expected === null) throw new ConfigError([`--expect: ${file} is not the output of audit:verify`]);
  let exitCode = 0;
  await withUnchangedDatabase(config, async ({ sql }) => {
    for await (const report of verifyAuditLog(sql, expected)) {
      console.log(formatReport(report));
      if (report.problem !== null) exitCode = 1;
    }
  });
  return exitCode;
}

function readOutput(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`--expect: ${(error as Error).message}`]);
  }
}
