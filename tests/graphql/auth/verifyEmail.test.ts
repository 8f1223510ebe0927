import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testApp } from '../../support/app.ts';
import { mailServer, productionWithMail } from '../../support/mail-server.ts';

describe('verifyEmail', () => {
  const mail = mailServer();
  const app = testApp({ config: productionWithMail(mail) });
  const verify = (token: string) =>
    app.mutate<{ __typename: string; user: { email: string; emailVerified: boolean } }>(
      'verifyEmail',
      { token },
      '... on VerifyEmailSuccess { user { email emailVerified } }',
    );
  const isVerified = async (token: string) => {
    const { data } = await app.graphql<{ viewer: { emailVerified: boolean } }>(
      '{ viewer { emailVerified } }',
      {},
      { token },
    );
    return data!.viewer.emailVerified;
  };

  it('verifies the address of the account that the link was made for, once', async () => {
    const { email, token } = await app.register();
    const [sent] = await mail.to(email);
    expect(sent!.link).toMatch(/^https:\/\/app\.example\.com\/verify-email#token=[\w-]{43}$/);
    expect(await isVerified(token)).toBe(false);
    expect(await verify(sent!.secret)).toMatchObject({ user: { email, emailVerified: true } });
    expect(await isVerified(token)).toBe(true);
    expect(await verify(sent!.secret)).toMatchObject({ __typename: 'InvalidCredentialsError' });
  });

  it('returns InvalidCredentialsError for a token that is none', async () => {
    expect(await verify('none')).toMatchObject({ __typename: 'InvalidCredentialsError' });
  });

  it('gives an address to the first of several accounts that verifies it; the others go on with their sessions', async () => {
    const email = `${randomUUID()}@example.com`;
    const first = await app.register({ email });
    const second = await app.register({ email, password: 'another horse battery' });
    const [ofFirst, ofSecond] = await mail.to(email, 2);
    const results = await Promise.all([verify(ofFirst!.secret), verify(ofSecond!.secret)]);
    const names = results.map(({ __typename }) => __typename).toSorted();
    expect(names).toEqual(['InvalidCredentialsError', 'VerifyEmailSuccess']);

    const verified = await Promise.all([first, second].map(({ token }) => isVerified(token)));
    expect(verified.filter(Boolean)).toHaveLength(1);
    const [owner, other] = verified[0] ? [first, second] : [second, first];
    const login = (account: typeof first) => app.mutate('login', { email, password: account.password });
    expect(await login(owner)).toMatchObject({ __typename: 'LoginSuccess' });
    expect(await login(other)).toMatchObject({ __typename: 'InvalidCredentialsError' });
  });
});
