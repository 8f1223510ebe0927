import type { MailConfig } from '../config/mail.ts';
import type { ProcessConfig } from '../config/process.ts';
import type { Logger } from '../infra/logger.ts';
import { Mailer } from '../infra/mailer.ts';
import { AccountMail } from '../modules/auth/links/account-mail.ts';

/** Builds the mails about accounts. Sends none without SMTP_URL. */
export function buildMail(
  { smtpUrl, mailFrom, publicUrl, environment }: MailConfig & Pick<ProcessConfig, 'environment'>,
  logger: Logger,
  closers: AsyncDisposableStack,
): AccountMail {
  const mailer = smtpUrl === null ? null : new Mailer({ url: smtpUrl, from: mailFrom, logger });
  const mail = new AccountMail({ mailer, publicUrl, logger, isProduction: environment === 'production' });
  closers.defer(() => mail.close());
  return mail;
}
