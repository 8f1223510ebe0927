import { z } from 'zod';
import { newPassword } from './passwords.ts';

export const MAX_EMAIL_LENGTH = 254;
export const MAX_DISPLAY_NAME_LENGTH = 100;

export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(MAX_EMAIL_LENGTH)
  .pipe(z.email('must be an e-mail address'));

const displayName = z
  .string()
  .trim()
  .min(1)
  .max(MAX_DISPLAY_NAME_LENGTH)
  .regex(/^\P{Cc}*$/u, 'must not contain control characters');

/** Input of every new account: those that users register and the operator's. */
export const newAccount = z.object({ email: emailAddress, password: newPassword, displayName });
