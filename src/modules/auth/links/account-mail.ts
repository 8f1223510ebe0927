import { BackgroundTasks } from '../../../core/async/background-tasks.ts';
import type { Logger } from '../../../infra/logger.ts';
import type { Mailer } from '../../../infra/mailer.ts';
import { MAIL_TEXTS, type MailText } from './mail-texts.ts';

/**
 * The mails about accounts. All methods return at once and never throw: an answer neither waits for a mail nor tells
 * whether there was one.
 *
 * Without a mailer, development writes the link to the log. Production writes only that no mail was sent, and the
 * operator makes the link with the command `account-link`.
 */
export class AccountMail {
  readonly #options: AccountMailOptions;
  readonly #tasks: BackgroundTasks;

  constructor(options: AccountMailOptions) {
    this.#options = options;
    const onError = (error: unknown) => options.logger.error({ err: error }, 'mail could not be prepared');
    this.#tasks = new BackgroundTasks({ maxRunning: 2, maxQueued: 1_000, onError });
  }

  /** Whether a link reaches somebody: by mail, or in development by the log. */
  get isDelivered(): boolean {
    return this.#options.mailer !== null || !this.#options.isProduction;
  }

  /** Does what a mail needs first, such as making its link, after the answer. */
  prepare(work: () => Promise<void>): void {
    this.#tasks.start(work);
  }

  passwordReset(to: string, token: string): void {
    this.#send(to, MAIL_TEXTS.passwordReset, linkTo(this.#options, 'reset-password', { token }));
  }

  verification(to: string, token: string): void {
    this.#send(to, MAIL_TEXTS.verification, linkTo(this.#options, 'verify-email', { token }));
  }

  /** To the owner of an address with which somebody tries to register. */
  existingAccount(to: string): void {
    this.#send(to, MAIL_TEXTS.existingAccount, linkTo(this.#options, 'reset-password', {}));
  }

  /** To the address that an account had before. */
  addressChanged(to: string): void {
    this.#send(to, MAIL_TEXTS.addressChanged, '');
  }

  /** `invitedBy` is the verified address of the inviting ADMIN. */
  invitation(to: string, { secret, invitedBy }: { secret: string; invitedBy: string | null }): void {
    const text = (link: string) => MAIL_TEXTS.invitation(link, invitedBy);
    this.#send(to, text, linkTo(this.#options, 'accept-invitation', { invitation: secret }));
  }

  async close(): Promise<void> {
    await this.#tasks.close(CLOSE_GRACE_MS);
    await this.#options.mailer?.close();
  }

  #send(to: string, textOf: (link: string) => MailText, link: string): void {
    const { mailer, logger, isProduction } = this.#options;
    const { subject, text } = textOf(link);
    if (mailer) mailer.send({ to, subject, text });
    else if (isProduction) logger.warn({ subject }, `mail is not configured and was not sent. ${ADVICE}`);
    else logger.info({ subject }, `mail is not configured; ${link ? `link: ${link}` : 'no link'}`);
  }
}

/** The link that a mail has. The token is in the fragment, which browsers send to no server. */
export function linkTo(
  { publicUrl }: { publicUrl: string | null },
  page: LinkPage,
  parameters: Record<string, string>,
): string {
  const fragment = new URLSearchParams(parameters).toString();
  return `${publicUrl ?? ''}/${page}${fragment && `#${fragment}`}`;
}

/** The pages of the web application that use a link. */
export type LinkPage = 'reset-password' | 'verify-email' | 'accept-invitation';

const ADVICE = 'Set SMTP_URL, or make a link: npm run account-link -- reset <email>';
const CLOSE_GRACE_MS = 2_000;

export interface AccountMailOptions {
  /** Null: mail is not configured. */
  mailer: Mailer | null;
  publicUrl: string | null;
  logger: Logger;
  isProduction: boolean;
}

declare module '../../../kernel/context.ts' {
  interface Services {
    accountMail: AccountMail;
  }
}
