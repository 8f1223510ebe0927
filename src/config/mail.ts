import type { PROCESS_SETTINGS } from './process.ts';
import { type Environment, mailbox, type Parsed, url, webUrl } from './setting.ts';

/** How mails are sent, and where their links lead. */
export interface MailConfig {
  /** Null: no mail is sent. */
  smtpUrl: string | null;
  /** The sender, e.g. `AgentForge <no-reply@example.com>`. */
  mailFrom: string;
  /** The web application that links lead to. Null only in production without SMTP_URL. */
  publicUrl: string | null;
}

export const MAIL_SETTINGS = {
  SMTP_URL: url(['smtp:', 'smtps:'], 'smtps://user:password@mail.example.com').optional(),
  MAIL_FROM: mailbox,
  PUBLIC_URL: webUrl,
};

export function mailProblems(env: Environment): string[] {
  if (env['NODE_ENV'] !== 'production' || !env['SMTP_URL']) return [];
  return ['MAIL_FROM', 'PUBLIC_URL']
    .filter((name) => !env[name])
    .map((name) => `${name} is required in production when SMTP_URL is set`);
}

export function mailConfig(env: Parsed<typeof MAIL_SETTINGS & typeof PROCESS_SETTINGS>): MailConfig {
  const isProduction = env.NODE_ENV === 'production';
  return {
    smtpUrl: env.SMTP_URL ?? null,
    mailFrom: env.MAIL_FROM ?? 'AgentForge <agentforge@localhost>',
    publicUrl: env.PUBLIC_URL ?? (isProduction ? null : 'http://localhost:3000'),
  };
}
