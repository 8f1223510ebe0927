import type { Mail } from '../../../infra/mailer.ts';

/**
 * The texts of all mails. They hold nothing that a stranger can choose, such as the name of a user or a tenant: whoever
 * invites people could otherwise send them any text in our name.
 */
export const MAIL_TEXTS = {
  passwordReset: (link: string): MailText => ({
    subject: 'Reset your password',
    text: lines(
      'Somebody asked to reset the password of your AgentForge account. To choose a new one, open this link within an hour:',
      link,
      'If it was not you, ignore this mail: your password stays as it is.',
    ),
  }),

  verification: (link: string): MailText => ({
    subject: 'Verify your e-mail address',
    text: lines(
      'An AgentForge account was created or changed with this e-mail address. If it is yours, open this link within an hour:',
      link,
      'If it was not you, do not open the link. Nobody can use your address without it.',
    ),
  }),

  existingAccount: (link: string): MailText => ({
    subject: 'You already have an account',
    text: lines(
      'Somebody tried to register at AgentForge with your e-mail address, which has an account already. If it was you, sign in with it, or reset your password here:',
      link,
      'If it was not you, ignore this mail: nothing has changed.',
    ),
  }),

  addressChanged: (): MailText => ({
    subject: 'Your e-mail address was changed',
    text: lines(
      'The e-mail address of your AgentForge account was changed, and this one is not in use any more.',
      'If it was not you, contact those who run the server.',
    ),
  }),

  invitation: (link: string, invitedBy: string | null): MailText => ({
    subject: 'You are invited to AgentForge',
    text: lines(
      `${invitedBy ?? 'Somebody'} invites you to join their organization at AgentForge. To create your account, open this link within 7 days:`,
      link,
      'If you do not know who sent it, ignore this mail.',
    ),
  }),
};

function lines(...paragraphs: string[]): string {
  return `${paragraphs.join('\n\n')}\n`;
}

export type MailText = Omit<Mail, 'to'>;
