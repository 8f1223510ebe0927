import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';

describe('register', () => {
  const app = testApp({ config: { role: 'api' } });

  const account = { email: 'ada@example.com', password: 'correct horse battery', displayName: 'Ada' };

  it('creates an account with a new tenant as its ADMIN on plan FREE, and signs in', async () => {
    const session = await app.signIn('register', { ...account, email: ' Ada@Example.com ' });

    expect(session.__typename).toBe('RegisterSuccess');
    expect(session.user).toMatchObject({
      email: 'ada@example.com',
      displayName: 'Ada',
      role: 'ADMIN',
      plan: 'FREE',
      tenant: { name: 'Ada', costLimit: null },
    });
    expect(session.user.permissions).toContain('APPROVAL_DECIDE');

    const { data } = await app.graphql('{ viewer { id } }', {}, { token: session.accessToken });
    expect(data).toEqual({ viewer: { id: session.user.id } });
  });

  it('returns when the tokens expire', async () => {
    const { session } = await app.register();
    const minutes = (Date.parse(session.accessTokenExpiresAt) - Date.now()) / 60_000;
    const days = (Date.parse(session.refreshTokenExpiresAt) - Date.now()) / 86_400_000;
    expect(minutes).toBeGreaterThan(29);
    expect(minutes).toBeLessThanOrEqual(30);
    expect(days).toBeCloseTo(7, 2);
  });

  it.each([
    ['an e-mail that is none', { email: 'not an e-mail' }, 'email'],
    ['a password of 7 characters', { password: 'a7 long' }, 'password'],
    ['a password of 257 characters', { password: 'x'.repeat(257) }, 'password'],
    ['one of the commonest passwords', { password: 'Password123' }, 'password'],
    ['a blank name', { displayName: '   ' }, 'displayName'],
    ['a name with a null byte', { displayName: 'A\u0000da' }, 'displayName'],
    ['a name with half a character', { displayName: 'Ada\ud800' }, 'displayName'],
    ['a name that turns the text around', { displayName: 'Ada\u202Enoitartsinimda' }, 'displayName'],
    ['a name that nobody sees', { displayName: '\u200B\u200B' }, 'displayName'],
  ])('returns ValidationError for %s', async (_what, wrong, field) => {
    const result = await app.mutate<{ __typename: string; issues: { path: string[] }[] }>(
      'register',
      { ...account, email: 'other@example.com', ...wrong },
      '... on ValidationError { issues { path message } }',
    );
    expect(result.__typename).toBe('ValidationError');
    expect(result.issues.map((issue) => issue.path)).toEqual([[field]]);
  });

  it('accepts a password of 256 characters without truncating it', async () => {
    const password = `${'x'.repeat(255)}y`;
    const { email } = await app.register({ password });
    const login = (given: string) => app.mutate('login', { email, password: given });
    expect(await login(password)).toMatchObject({ __typename: 'LoginSuccess' });
    expect(await login(`${'x'.repeat(255)}z`)).toMatchObject({ __typename: 'InvalidCredentialsError' });
  });

  it('returns ConflictError for a taken e-mail in any case', async () => {
    const { email } = await app.register();
    const result = await app.mutate(
      'register',
      { ...account, email: email.toUpperCase() },
      '... on ConflictError { current { id } }',
    );
    expect(result).toMatchObject({ __typename: 'ConflictError', current: null });
  });

  it('creates one account for two concurrent requests with the same e-mail', async () => {
    const twice = { ...account, email: 'twice@example.com' };
    const results = await Promise.all([app.mutate('register', twice), app.mutate('register', twice)]);
    expect(results.map((result) => result.__typename).toSorted()).toEqual([
      'ConflictError',
      'RegisterSuccess',
    ]);
    const { prisma } = app.services.database;
    expect(await prisma.tenant.count({ where: { users: { none: {} } } })).toBe(0);
  });

  it('rejects fields that clients cannot set', async () => {
    const { status, errors } = await app.graphql(
      'mutation ($input: RegisterInput!) { register(input: $input) { __typename } }',
      { input: { ...account, email: 'boss@example.com', role: 'ADMIN', tenantId: 'operator' } },
    );
    expect(status).toBe(400);
    expect(errors?.[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
    expect(JSON.stringify(errors)).not.toContain(account.password);
  });

  it('stores the password only as an argon2id hash', async () => {
    const { email, password } = await app.register();
    const user = await app.services.database.prisma.user.findFirstOrThrow({ where: { email } });
    expect(user.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(app.logs.join()).not.toContain(password);
  });
});

describe('register with DEFAULT_PLAN=PRO', () => {
  const app = testApp({ config: { role: 'api', defaultPlan: 'PRO' } });

  it('assigns that plan to new accounts', async () => {
    const { session } = await app.register();
    expect(session.user.plan).toBe('PRO');
  });
});
