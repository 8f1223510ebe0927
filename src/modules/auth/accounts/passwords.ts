import { hash, verify } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { z } from 'zod';
import { ConcurrencyLimit, QueueFullError } from '../../../core/async/concurrency-limit.ts';
import { AppError } from '../../../errors.ts';
import { isCommonPassword } from './common-passwords.ts';

export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 256;

/** UTF-8 has no such text: different passwords would have the same hash. */
const UNPAIRED_SURROGATES = {
  message: 'must not contain unpaired surrogates',
  params: { code: 'INVALID_FORMAT' },
};

/** A new password: has a minimum length and is not a common password. There are no composition rules. */
export const newPassword = z
  .string()
  .min(MIN_PASSWORD_LENGTH)
  .max(MAX_PASSWORD_LENGTH)
  .refine((password) => password.isWellFormed(), UNPAIRED_SURROGATES)
  .refine((password) => !isCommonPassword(password), 'is one of the most common passwords');

/** Hashes passwords with argon2id and verifies also bcrypt hashes, at most two at the same time. */
export class PasswordHasher {
  /** Hashing runs on the libuv thread pool, which files and DNS use too: the limit leaves threads for them. */
  readonly #limit = new ConcurrencyLimit({ maxRunning: 2, maxQueued: 200 });

  /** Returns the hash in PHC string format. Errors: SERVICE_UNAVAILABLE when the queue is full. */
  hash(password: string): Promise<string> {
    return this.#run(() => hash(password, ARGON2ID));
  }

  /**
   * Whether the password matches the hash. Without a hash (no such account, or one without a password) it takes the
   * same time, so that the response time does not reveal which accounts exist. A bcrypt hash takes longer, until the
   * first sign-in replaces it. Errors: those of `hash`.
   */
  async verify(password: string, passwordHash: string | null): Promise<boolean> {
    const matches = await this.#run(() => verifyAny(password, passwordHash ?? DUMMY_HASH));
    return matches && passwordHash !== null && password.isWellFormed();
  }

  /** Whether a hash was made with another algorithm or other parameters than `hash` uses. */
  isOutdated(passwordHash: string): boolean {
    return !passwordHash.startsWith(CURRENT_PREFIX);
  }

  async #run<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await this.#limit.run(task);
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      throw new AppError('SERVICE_UNAVAILABLE', 'Too many sign-ins at the same time. Try again in a moment.');
    }
  }
}

/** A bcrypt hash comes from elsewhere. bcrypt reads the first 72 bytes of a password only. */
async function verifyAny(password: string, passwordHash: string): Promise<boolean> {
  return BCRYPT.test(passwordHash) ? verifyBcrypt(password, passwordHash) : verify(passwordHash, password);
}

const BCRYPT = /^\$2[aby]\$\d\d\$[./A-Za-z\d]{53}$/;

/** OWASP's parameters for argon2id (the library's default algorithm): 19 MB and about 6 ms per hash. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CURRENT_PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$';
/** Hash of discarded random bytes, with the same parameters. */
const DUMMY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$Ozop4vBt1mt3mXJuDjTXuw$Ipr+hn3WXtzxCqeuIJGyV70ANizREaOCFyN7tLRPLn4';

declare module '../../../kernel/context.ts' {
  interface Services {
    passwords: PasswordHasher;
  }
}
