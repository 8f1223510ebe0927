import { z } from 'zod';
import { newPassword } from './passwords.ts';

export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'must have at most 254 characters')
  .pipe(z.email('must be an e-mail address'));

const displayName = z
  .string()
  .trim()
  .min(1, 'must not be blank')
  .max(100, 'must have at most 100 characters')
  .regex(/^\P{Cc}*$/u, 'must not hold control characters');

/** What every new account needs, however it is made. */
export const newAccount = z.object({ email: emailAddress, password: newPassword, displayName });
