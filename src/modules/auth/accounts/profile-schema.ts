import { ConflictError } from '../../../errors.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { UserRef } from '../schema.ts';
import { MAX_DISPLAY_NAME_LENGTH, MAX_EMAIL_LENGTH } from './account.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './passwords.ts';
import { changePassword, updateProfile } from './profile.ts';

mutation(updateProfile, {
  description:
    'Changes your name or e-mail address; what is null or omitted stays. A new address takes effect at once and is unverified: a link to verify it is sent there, links that were sent to the old one end, and the old one gets a notice if it was verified. Give an unverified address again to get a new link. The address of a user of another issuer is changed there (ConflictError).',
  success: { user: { type: UserRef, description: 'Your account with the changes.' } },
  errors: [ConflictError],
  input: (t) => ({
    displayName: t.string({
      description: `New name that other users see, 1 to ${MAX_DISPLAY_NAME_LENGTH} characters.`,
    }),
    email: t.string({
      description: `New e-mail address, at most ${MAX_EMAIL_LENGTH} characters. Stored in lower case.`,
    }),
  }),
});

mutation(changePassword, {
  description:
    'Changes your password and ends all your sessions but the current one. API keys stay valid. The password of a user of another issuer is changed there (ConflictError).',
  success: { user: { type: UserRef, description: 'Your account.' } },
  errors: [InvalidCredentialsError, ConflictError],
  input: (t) => ({
    currentPassword: t.string({ required: true, description: 'Your current password.' }),
    newPassword: t.string({
      required: true,
      description: `New password with ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters. The most common passwords are rejected.`,
    }),
  }),
});
