import * as argon2 from '@node-rs/argon2';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../src/errors.ts';
import { newPassword, PasswordHasher } from '../../../src/modules/auth/accounts/passwords.ts';

// Not among the unit tests, whose files share modules: the mock must come before the hasher is loaded.
vi.mock('@node-rs/argon2', async (original) => {
  const actual = await original<typeof argon2>();
  return { ...actual, verify: vi.fn(actual.verify) };
});

/** Of "correct horse", with cost 4. */
const BCRYPT = '$2a$04$w5gjofeY63KUNJ4XC8RVYue5dGcuTHIR7.6vE.dL4tVe7fhed3B6O';

describe('passwords', () => {
  const passwords = new PasswordHasher();

  it('are hashed with argon2id, with the parameters recommended by OWASP and separate salts', async () => {
    const [one, two] = await Promise.all([passwords.hash('correct horse'), passwords.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
  });

  it('match only their own hash, and never a missing one', async () => {
    const hash = await passwords.hash('correct horse');
    expect(await passwords.verify('correct horse', hash)).toBe(true);
    expect(await passwords.verify('correct horse ', hash)).toBe(false);
    expect(await passwords.verify('correct horse', null)).toBe(false);
  });

  it('take as long to verify without a hash', async () => {
    const real = await passwords.hash('correct horse');
    vi.mocked(argon2.verify).mockClear();
    await passwords.verify('correct horse', null);
    const [standIn] = vi.mocked(argon2.verify).mock.calls[0]!;
    const parameters = (phc: unknown) => String(phc).split('$').slice(0, 4);
    expect(parameters(standIn)).toEqual(parameters(real));
  });

  it.each([
    ['$2a$', BCRYPT],
    ['$2b$', BCRYPT.replace('$2a$', '$2b$')],
    ['$2y$', BCRYPT.replace('$2a$', '$2y$')],
  ])('match a bcrypt hash of the form %s, which is outdated', async (_form, hash) => {
    expect(await passwords.verify('correct horse', hash)).toBe(true);
    expect(await passwords.verify('correct horse ', hash)).toBe(false);
    expect(await passwords.verify('correct horse\0', hash)).toBe(false);
    expect(passwords.isOutdated(hash)).toBe(true);
    expect(passwords.isOutdated(await passwords.hash('correct horse'))).toBe(false);
  });

  it.each([
    ['NUL', 'correct\0horse', 'correct\0house'],
    ['256 characters', `${'x'.repeat(255)}y`, `${'x'.repeat(255)}z`],
    ['256 characters outside of the BMP', `${'😀'.repeat(127)}ab`, `${'😀'.repeat(127)}ac`],
  ])('are not cut at %s', async (_what, password, other) => {
    const hash = await passwords.hash(password);
    expect(await passwords.verify(password, hash)).toBe(true);
    expect(await passwords.verify(other, hash)).toBe(false);
  });

  it('never match with an unpaired surrogate, which UTF-8 cannot tell from others', async () => {
    const hash = await passwords.hash('correct horse\ufffd');
    expect(await passwords.verify('correct horse\ud800', hash)).toBe(false);
    expect(newPassword.safeParse('correct horse\ud800').success).toBe(false);
  });

  it('are rejected with a retryable error when too many are waiting', async () => {
    const cheap = await argon2.hash('correct horse', { memoryCost: 8, timeCost: 1 });
    const attempts = await Promise.allSettled(
      Array.from({ length: 250 }, () => passwords.verify('x', cheap)),
    );
    const refused = attempts.filter((attempt) => attempt.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(
      refused.every(({ reason }) => reason instanceof AppError && reason.code === 'SERVICE_UNAVAILABLE'),
    ).toBe(true);
    expect(await passwords.verify('correct horse', cheap)).toBe(true);
  });

  it.each(['1234567', 'x'.repeat(257), 'password123', 'QWERTYUIOP', 'iloveyou', 'ginger12', 'Liverpool1'])(
    'may not be %.20s',
    (password) => {
      expect(newPassword.safeParse(password).success).toBe(false);
    },
  );

  it.each(['correct horse', '        x', 'пароль по-русски', '😀'.repeat(8), 'x'.repeat(256)])(
    'may be %.20s',
    (password) => {
      expect(newPassword.safeParse(password).success).toBe(true);
    },
  );
});
