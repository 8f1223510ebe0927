import { hash, verify } from '@node-rs/argon2';
import { z } from 'zod';
import { ConcurrencyLimit, QueueFullError } from '../../../core/async/concurrency-limit.ts';
import { AppError } from '../../../errors.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';

export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 256;

/** A new password: long enough, and not one of those that everybody tries first. No rules of composition. */
export const newPassword = z
  .string()
  .min(MIN_PASSWORD_LENGTH)
  .max(MAX_PASSWORD_LENGTH)
  .refine((password) => !COMMON_PASSWORDS.has(password.toLowerCase()), 'is one of the most common passwords');

/** Hashes passwords with argon2id, a few at a time. */
export class PasswordHasher {
  /** Hashing shares its threads with files and DNS: many sign-ins at once must leave some of them free. */
  readonly #limit = new ConcurrencyLimit({ maxRunning: 2, maxQueued: 200 });

  /** In PHC form. Errors: SERVICE_UNAVAILABLE when too many are waiting. */
  hash(password: string): Promise<string> {
    return this.#run(() => hash(password, ARGON2ID));
  }

  /**
   * Whether the password belongs to the hash. Without a hash (there is no such account, or it has no password) it takes
   * the same time, so that the time does not tell who has an account. Errors: as above.
   */
  async verify(password: string, passwordHash: string | null): Promise<boolean> {
    const matches = await this.#run(() => verify(passwordHash ?? NOBODYS_HASH, password));
    return matches && passwordHash !== null;
  }

  async #run<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await this.#limit.run(task);
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      throw new AppError('SERVICE_UNAVAILABLE', 'Too many people are signing in. Try again in a moment.');
    }
  }
}

/** OWASP's parameters for argon2id (the library's default algorithm); 19 MB and about 6 ms each. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Made with the same parameters from random bytes that were thrown away. */
const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$Ozop4vBt1mt3mXJuDjTXuw$Ipr+hn3WXtzxCqeuIJGyV70ANizREaOCFyN7tLRPLn4';

declare module '../../../kernel/context.ts' {
  interface Services {
    passwords: PasswordHasher;
  }
}
