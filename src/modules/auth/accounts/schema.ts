import { ConflictError } from '../../../errors.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { SESSION } from '../sessions/schema.ts';
import { MAX_DISPLAY_NAME_LENGTH, MAX_EMAIL_LENGTH } from './account.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './passwords.ts';
import { register } from './service.ts';

mutation(register, {
  description:
    'Creates an account and a new tenant with the account as its ADMIN, and signs in. The account gets the default plan of the server.',
  success: SESSION,
  errors: [ConflictError],
  input: (t) => ({
    email: t.string({
      required: true,
      description: `E-mail address, at most ${MAX_EMAIL_LENGTH} characters. Stored in lower case.`,
    }),
    password: t.string({
      required: true,
      description: `Password with ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters. The most common passwords are rejected.`,
    }),
    displayName: t.string({
      required: true,
      description: `Name that other users see, 1 to ${MAX_DISPLAY_NAME_LENGTH} characters.`,
    }),
  }),
});
