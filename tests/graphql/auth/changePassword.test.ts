import { describe, expect, it } from 'vitest';
import { type Account, testApp } from '../../support/app.ts';
import { createKey } from '../../support/api-keys.ts';
import { rowId } from '../../support/ids.ts';

const app = testApp({ config: { role: 'api' } });
const NEW_PASSWORD = 'correct horse stable';
const CHANGED = `... on ChangePasswordSuccess { user { id } }
  ... on ValidationError { issues { path } } ... on ConflictError { reason }`;
const change = (account: Account, input: object = {}) =>
  app.mutate(
    'changePassword',
    { currentPassword: account.password, newPassword: NEW_PASSWORD, ...input },
    CHANGED,
    account,
  );
const statusOf = async (account: Pick<Account, 'token'>) =>
  (await app.graphql('{ viewer { id } }', {}, account)).status;

describe('changePassword', () => {
  it('changes the password, and ends the other sessions but neither this one nor API keys', async () => {
    const ann = await app.register();
    const { email, password } = ann;
    const other = await app.signIn('login', { email, password });
    const key = await createKey(app, ann);
    expect(await change(ann)).toEqual({
      __typename: 'ChangePasswordSuccess',
      user: { id: ann.session.user.id },
    });
    expect([await statusOf(ann), await statusOf({ token: other.accessToken }), await statusOf(key)]).toEqual([
      200, 401, 200,
    ]);
    expect((await app.signIn('login', { email, password })).__typename).toBe('InvalidCredentialsError');
    expect((await app.signIn('login', { email, password: NEW_PASSWORD })).__typename).toBe('LoginSuccess');
  });

  it('refuses a wrong current password', async () => {
    const ann = await app.register();
    expect(await change(ann, { currentPassword: 'wrong' })).toEqual({
      __typename: 'InvalidCredentialsError',
      message: 'The current password is incorrect.',
    });
  });

  it('holds back who guesses the current password in a session', async () => {
    const ann = await app.register();
    const document = `mutation { changePassword(input: { currentPassword: "wrong", newPassword: "${NEW_PASSWORD}" }) { __typename } }`;
    const codes: unknown[] = [];
    for (let guess = 0; guess < 12; guess++) {
      codes.push((await app.graphql(document, {}, ann)).errors?.[0]?.extensions?.['code']);
    }
    expect(codes[0]).toBeUndefined();
    expect(codes.at(-1)).toBe('RATE_LIMITED');
    const { email, password } = ann;
    expect((await app.signIn('login', { email, password })).__typename).toBe('LoginSuccess');
  });

  it('lets one of two concurrent changes win', async () => {
    const ann = await app.register();
    const made = await Promise.all([change(ann), change(ann, { newPassword: 'another correct horse' })]);
    expect(made.map(({ __typename }) => __typename).toSorted()).toEqual([
      'ChangePasswordSuccess',
      'InvalidCredentialsError',
    ]);
  });

  it.each(['short', 'password123', 'x'.repeat(257)])('rejects the new password %j', async (newPassword) => {
    const refused = await change(await app.register(), { newPassword });
    expect(refused).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['newPassword'] }] });
  });

  it('leaves the password of another issuer’s user to the issuer', async () => {
    const ann = await app.register();
    const where = { id: rowId(ann.session.user.id) };
    await app.services.database.prisma.user.update({ where, data: { subject: 'ann' } });
    expect(await change(ann)).toMatchObject({ __typename: 'ConflictError', reason: 'WRONG_STATE' });
  });

  it('shows no password in the log', async () => {
    await change(await app.register(), { currentPassword: 'wrong horse battery canary' });
    expect(app.logs.join('')).not.toMatch(/canary|correct horse/);
  });

  it('asks for a person', async () => {
    const document =
      'mutation { changePassword(input: { currentPassword: "a", newPassword: "b" }) { __typename } }';
    expect((await app.graphql(document)).status).toBe(401);
    expect((await app.graphql(document, {}, await createKey(app, await app.register()))).status).toBe(403);
  });
});
