import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport, type Transporter } from 'nodemailer';
import { BackgroundTasks } from '../core/async/background-tasks.ts';
import type { Logger } from './logger.ts';

/**
 * Sends mails through an SMTP server, in the background: nobody waits for a mail, and none fails because of it. A mail is
 * kept in memory and tried a few times; one that is not sent by then is lost, and its reader asks for another.
 */
export class Mailer {
  readonly #from: string;
  readonly #logger: Logger;
  readonly #retryDelaysMs: readonly number[];
  readonly #transport: Transporter;
  readonly #tasks: BackgroundTasks;

  constructor({ url, from, logger, retryDelaysMs = RETRY_DELAYS_MS }: MailerOptions) {
    this.#retryDelaysMs = retryDelaysMs;
    this.#from = from;
    this.#logger = logger;
    this.#transport = createTransport(withTimeouts(url));
    const onError = (error: unknown) => logger.error(reasonOf(error), 'mail was not sent');
    this.#tasks = new BackgroundTasks({ maxRunning: 4, maxQueued: MAX_QUEUED, onError });
  }

  /** Queues a mail. Never throws. */
  send(mail: Mail): void {
    this.#tasks.start((signal) => this.#deliver(mail, signal));
  }

  async close(): Promise<void> {
    await this.#tasks.close(CLOSE_GRACE_MS);
    this.#transport.close();
  }

  async #deliver(mail: Mail, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#try(mail, AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]));
      } catch (error) {
        const delayMs = this.#retryDelaysMs[attempt];
        if (delayMs === undefined || signal.aborted || (error as SmtpError).permanent) throw error;
        this.#logger.warn({ ...reasonOf(error), delayMs }, 'mail was not sent; will retry');
        await sleep(delayMs, undefined, { signal });
      }
    }
  }

  async #try({ to, subject, text }: Mail, signal: AbortSignal): Promise<void> {
    // An object is taken as one address, whatever characters it has.
    await this.#transport.sendMail({
      from: this.#from,
      to: { name: '', address: to },
      subject,
      text,
      signal,
    });
  }
}

/** The limits are parameters of the URL, as are other options of nodemailer, e.g. `?requireTLS=true`. */
function withTimeouts(url: string): string {
  const timed = new URL(url);
  const limits = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };
  for (const [name, ms] of Object.entries(limits)) timed.searchParams.set(name, String(ms));
  return timed.href;
}

/** What may be logged of a failure. Its message is left out: servers repeat the address and the text of a mail. */
function reasonOf(error: unknown): object {
  const { name, code, originalCode, command, responseCode } = error as SmtpError;
  return { reason: originalCode ?? code ?? name, command, responseCode };
}

const MAX_QUEUED = 1_000;
const RETRY_DELAYS_MS = [2_000, 15_000, 60_000];
const SEND_TIMEOUT_MS = 60_000;
const CLOSE_GRACE_MS = 5_000;

export interface Mail {
  /** One address. */
  to: string;
  subject: string;
  text: string;
}

export interface MailerOptions {
  /** `smtp://` or `smtps://`, with user and password. */
  url: string;
  from: string;
  logger: Logger;
  /** How long to wait before each retry. */
  retryDelaysMs?: readonly number[];
}

/** What nodemailer adds to its errors. */
interface SmtpError extends Error {
  code?: string;
  /** Of the failure below, e.g. ECONNREFUSED. */
  originalCode?: string;
  command?: string;
  responseCode?: number;
  /** The server has refused the mail for good. */
  permanent?: boolean;
}
