import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { SHARED_SECRET } from '../config/issuers.ts';
import { ConfigError } from '../errors.ts';
import { type Denial, denyByOperator } from '../modules/auth/issuers/denied-tokens.ts';
import { withDatabase } from './database.ts';

export async function denyToken(config: Config, args: string[]): Promise<number> {
  const denial = readDenial(config, args);
  await withDatabase(config, (database) => denyByOperator(database, denial));
  console.log(
    'tokenId' in denial
      ? `The token ${denial.tokenId} of the issuer ${denial.issuer} is refused from now on.`
      : `The earlier tokens of ${denial.subject} of the issuer ${denial.issuer} are refused from now on.`,
  );
  return 0;
}

function readDenial({ issuers }: Config, args: string[]): Denial {
  const {
    issuer,
    jti,
    subject,
    tenant = null,
    'issued-by': time,
  } = parseArgs({ args, options: DENY_OPTIONS }).values;
  const names = [SHARED_SECRET, ...issuers.map(({ name }) => name)];
  if (issuer === undefined || !names.includes(issuer))
    throw new ConfigError([`--issuer must be one of ${names.join(', ')}`]);
  if ((jti === undefined) === (subject === undefined))
    throw new ConfigError(['Give either --jti or --subject']);
  if (jti !== undefined) return { issuer, tokenId: jti, expiresAt: null };
  const issuedBy = time === undefined ? null : new Date(time);
  if (Number.isNaN(issuedBy?.getTime()))
    throw new ConfigError(['--issued-by must be a time such as 2026-11-28T12:00:00Z']);
  return { issuer, subject: subject!, tenantId: tenant, issuedBy };
}

const DENY_OPTIONS = {
  issuer: { type: 'string' },
  jti: { type: 'string' },
  subject: { type: 'string' },
  tenant: { type: 'string' },
  'issued-by': { type: 'string' },
} as const;
