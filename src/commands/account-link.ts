import { readConfig } from '../config/config.ts';
import { AppError, ConfigError } from '../errors.ts';
import type { AccountLinkPurpose } from '../generated/prisma/enums.ts';
import { checkOnlyClaim, findAccount } from '../modules/auth/accounts/account.ts';
import { type LinkPage, linkTo } from '../modules/auth/links/account-mail.ts';
import { linkByOperator } from '../modules/auth/links/links.ts';
import { withDatabase } from './database.ts';

/** For the account that signs in with the address. The operator gives the link to its owner. */
export async function accountLink([purpose = '', address]: string[]): Promise<number | null> {
  const link = LINKS[purpose];
  if (!link || !address) return null;
  const config = readConfig();
  if (config.publicUrl === null) throw new ConfigError(['PUBLIC_URL must be set, because links lead there']);
  const email = address.trim().toLowerCase();
  const token = await withDatabase(config, async (database) => {
    const user = await findAccount(database, email);
    if (!user) throw noAccount(email);
    if (link.purpose === 'VERIFY_EMAIL') await checkOnlyClaim(database, email);
    return linkByOperator(database, link.purpose, { ...user, email });
  });
  if (token === null) throw noAccount(email); // it was deleted, or got another address, meanwhile
  console.log(linkTo(config, link.page, { token }));
  console.error('The link works once, within an hour. Earlier links of this kind work no longer.');
  return 0;
}

function noAccount(email: string): AppError {
  return new AppError('NOT_FOUND', `No account has the e-mail ${email}.`);
}

const LINKS: Record<string, { purpose: AccountLinkPurpose; page: LinkPage } | undefined> = {
  reset: { purpose: 'RESET_PASSWORD', page: 'reset-password' },
  verify: { purpose: 'VERIFY_EMAIL', page: 'verify-email' },
};
