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
  /** Mails that wait for a retry. They take no place of others: a slow domain does not hold all mails back. */
  readonly #waiting = new Set<NodeJS.Timeout>();
  #isClosing = false;

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
    this.#start(mail, 0);
  }

  /** Ends the mails that are being sent, after a while; those that wait for a retry are lost. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#waiting) clearTimeout(timer);
    if (this.#waiting.size > 0) this.#logger.error({ mails: this.#waiting.size }, 'mails were not sent');
    this.#waiting.clear();
    await this.#tasks.close(CLOSE_GRACE_MS);
    this.#transport.close();
  }

  #start(mail: Mail, retries: number): void {
    this.#tasks.start((signal) => this.#deliver(mail, retries, signal));
  }

  async #deliver(mail: Mail, retries: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#try(mail, AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]));
    } catch (error) {
      const delayMs = this.#retryDelaysMs[retries];
      const mayWait = !this.#isClosing && this.#waiting.size < MAX_WAITING;
      if (delayMs === undefined || !mayWait || (error as SmtpError).permanent) throw error;
      this.#logger.warn({ ...reasonOf(error), delayMs }, 'mail was not sent; will retry');
      this.#startLater(mail, retries + 1, delayMs);
    }
  }

  #startLater(mail: Mail, retries: number, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      this.#start(mail, retries);
    }, delayMs);
    this.#waiting.add(timer);
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
/** Above it, a mail gets no retry. */
const MAX_WAITING = 1_000;
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
