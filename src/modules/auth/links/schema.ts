import { mutation } from '../../../schema-kit/mutation.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '../accounts/passwords.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { UserRef } from '../schema.ts';
import { requestPasswordReset, resetPassword, verifyEmail } from './service.ts';

mutation(requestPasswordReset, {
  description:
    'Sends a link to reset the password to an e-mail address, if it has an account. The link works once, within an hour; a newer link replaces it. On a server without mail, the operator makes the link.',
  success: {
    accepted: {
      type: 'Boolean',
      description: 'Always true. It does not reveal whether the address has an account.',
    },
  },
  input: (t) => ({
    email: t.string({ required: true, description: 'E-mail address of the account. Not case-sensitive.' }),
  }),
});

mutation(resetPassword, {
  description:
    'Sets a new password by a link, which also verifies the e-mail address. Ends all sessions of the account and revokes its API keys: sign in with the new password.',
  success: { user: { type: UserRef, description: 'The account with the new password.' } },
  errors: [InvalidCredentialsError],
  input: (t) => ({
    token: t.string({ required: true, description: 'The `token` in the link.' }),
    newPassword: t.string({
      required: true,
      description: `Password with ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters. The most common passwords are rejected.`,
    }),
  }),
});

mutation(verifyEmail, {
  description:
    'Verifies the e-mail address of an account by the link that was sent to it. The link works once, within an hour. InvalidCredentialsError also when another account has verified the address meanwhile.',
  success: { user: { type: UserRef, description: 'The account with the verified address.' } },
  errors: [InvalidCredentialsError],
  input: (t) => ({
    token: t.string({ required: true, description: 'The `token` in the link.' }),
  }),
});
