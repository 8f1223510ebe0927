import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { eventually } from './eventually.ts';

/** For a file or a describe: a real SMTP server that keeps what it receives. */
export function mailServer(): MailServer {
  const server = new MailServer();
  beforeAll(() => server.start());
  afterAll(() => server.close());
  return server;
}

export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** The error of the next recipients, e.g. `{ responseCode: 451 }`; one for each. */
  readonly failures: { responseCode: number }[] = [];
  readonly #server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    onRcptTo: ({ address }, _session, done) => {
      const failure = this.failures.shift();
      done(failure && Object.assign(new Error(`<${address}> is refused`), failure));
    },
    onData: (stream, { envelope }, done) => {
      text(stream).then((source) => {
        for (const { address } of envelope.rcptTo) this.received.push(parse(address, source));
        done();
      }, done);
    },
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    const { port } = this.#server.server.address() as AddressInfo;
    return `smtp://127.0.0.1:${port}`;
  }

  /** The mails to an address, as soon as there are so many. */
  async to(address: string, count = 1): Promise<ReceivedMail[]> {
    const mails = () => this.received.filter((mail) => mail.to === address);
    await eventually(() => mails().length >= count);
    return mails();
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Texts are in ASCII: long lines of plain ones are folded at spaces, others are quoted-printable. */
function parse(to: string, source: string): ReceivedMail {
  const end = source.indexOf('\r\n\r\n');
  const headers = source.slice(0, end);
  const isQuoted = /^Content-Transfer-Encoding: quoted-printable/m.test(headers);
  const body = isQuoted ? unquote(source.slice(end)) : source.slice(end).replaceAll(' \r\n', ' ');
  const subject = /^Subject: (.*)$/m.exec(headers)?.[1]?.trim() ?? '';
  const link = /https?:\/\/\S+/.exec(body)?.[0] ?? null;
  return { to, subject, body, link, secret: secretIn(link) };
}

function unquote(body: string): string {
  return body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

/** The secret in a link: its token or invitation. */
export function secretIn(link: string | null): string {
  const parameters = new URLSearchParams(link?.split('#')[1]);
  return parameters.get('token') ?? parameters.get('invitation') ?? '';
}

export interface ReceivedMail {
  to: string;
  subject: string;
  body: string;
  link: string | null;
  secret: string;
}

/** The settings of an app in production that sends its mails to `server`, and is open to everybody. */
export function productionWithMail(server: MailServer, more: Partial<Config> = {}): Partial<Config> {
  return {
    role: 'api',
    environment: 'production',
    registration: 'open',
    mailFrom: 'AgentForge <no-reply@example.com>',
    publicUrl: 'https://app.example.com',
    ...more,
    // Read when the app starts: the server has its port by then.
    get smtpUrl() {
      return server.url;
    },
  };
}
