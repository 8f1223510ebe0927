import { ConflictError } from '../../../errors.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { COOKIE_DESCRIPTION, SESSION } from '../sessions/schema.ts';
import { MAX_DISPLAY_NAME_LENGTH, MAX_EMAIL_LENGTH } from './account.ts';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './passwords.ts';
import { register } from './service.ts';

mutation(register, {
  description:
    'Creates an account and signs in. The account gets a new tenant as its ADMIN, or joins the tenant of its invitation; its plan is the default of the server. A link to verify the e-mail address is sent to it. In production, and wherever mail is sent, the answer does not reveal whether the address has an account: an account is created in any case, and the owner of a verified address is told by mail. Otherwise ConflictError TAKEN, as for who registers with the invitation that was mailed to that address. ConflictError WRONG_STATE when the server does not allow the registration, or the invitation is not valid.',
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
    cookie: t.boolean({ required: true, defaultValue: false, description: COOKIE_DESCRIPTION }),
    invitation: t.string({
      description:
        'The secret of an invitation, to join its tenant with its role. The e-mail may be another one than the invited. Required when the server registers invited people only.',
    }),
  }),
});
