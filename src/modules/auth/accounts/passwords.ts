import { hash, verify } from '@node-rs/argon2';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';

/** A new password: long enough, and not one of those that everybody tries first. No rules of composition. */
export const newPassword = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(256, 'must have at most 256 characters')
  .refine((password) => !COMMON_PASSWORDS.has(password.toLowerCase()), 'is one of the most common passwords');

/** argon2id in PHC form. Errors: SERVICE_UNAVAILABLE when too many wait already. */
export function hashPassword(password: string): Promise<string> {
  return withHashingSlot(() => hash(password, ARGON2ID));
}

/**
 * Whether the password belongs to the hash. Without a hash (nobody has that name, or they sign in elsewhere)
 * it takes as long and says no, so that nobody learns from the time who has an account.
 */
export async function verifyPassword(password: string, passwordHash: string | null): Promise<boolean> {
  const matches = await withHashingSlot(() => verify(passwordHash ?? NOBODYS_HASH, password));
  return matches && passwordHash !== null;
}

/** OWASP's parameters for argon2id (the library's default algorithm); 19 MB and about 6 ms each. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Made with the same parameters from random bytes that were thrown away. */
const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$Ozop4vBt1mt3mXJuDjTXuw$Ipr+hn3WXtzxCqeuIJGyV70ANizREaOCFyN7tLRPLn4';

/** Hashing shares its threads with files and DNS: a storm of sign-ins must leave some of them free. */
const MAX_RUNNING = 2;
const MAX_WAITING = 200;

let running = 0;
const waiting: (() => void)[] = [];

async function withHashingSlot<T>(work: () => Promise<T>): Promise<T> {
  if (running >= MAX_RUNNING) {
    if (waiting.length >= MAX_WAITING) {
      throw new AppError(
        'SERVICE_UNAVAILABLE',
        'Too many people are signing in just now. Try again in a moment.',
      );
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
