import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeId } from '../../../src/schema-kit/global-id.ts';
import { type Account, testApp } from '../../support/app.ts';
import { itRefuses } from '../../support/refusals.ts';

const app = testApp({ config: { role: 'api' } });
const REVOKED = `... on RevokeInvitationSuccess { invitation { id revokedAt } }
  ... on ConflictError { reason current { id } }`;

const invite = (admin: Account) =>
  app.mutate<{ secret: string; invitation: { id: string } }>(
    'inviteUser',
    { email: `${randomUUID()}@example.com`, role: 'USER' },
    '... on InviteUserSuccess { secret invitation { id } }',
    admin,
  );
const revoke = (admin: Account, invitationId: string) =>
  app.mutate<{ __typename: string; invitation?: { revokedAt: string } }>(
    'revokeInvitation',
    { invitationId },
    REVOKED,
    admin,
  );
const join = (invitation: string) =>
  app.mutate('register', {
    email: `${randomUUID()}@example.com`,
    password: 'correct horse battery',
    displayName: 'Bob',
    invitation,
  });

describe('revokeInvitation', () => {
  itRefuses(app, 'revokeInvitation', {
    input: async (admin) => ({ invitationId: (await invite(admin)).invitation.id }),
  });

  it('ends an open invitation; again, it changes nothing', async () => {
    const admin = await app.register();
    const { secret, invitation } = await invite(admin);
    const first = await revoke(admin, invitation.id);
    expect(first.invitation?.revokedAt).toEqual(expect.any(String));
    expect(await join(secret)).toMatchObject({ __typename: 'ConflictError' });
    expect(await revoke(admin, invitation.id)).toEqual(first);
  });

  it('returns ConflictError for an accepted invitation', async () => {
    const admin = await app.register();
    const { secret, invitation } = await invite(admin);
    await join(secret);
    expect(await revoke(admin, invitation.id)).toMatchObject({
      __typename: 'ConflictError',
      reason: 'WRONG_STATE',
      current: { id: invitation.id },
    });
  });

  it('returns NotFoundError alike for a missing, a malformed and a foreign invitation', async () => {
    const { invitation } = await invite(await app.register());
    const stranger = await app.register();
    const ids = [encodeId('Invitation', randomUUID()), 'not an id', invitation.id];
    const answers = await Promise.all(ids.map((id) => revoke(stranger, id)));
    expect(answers).toEqual(Array<unknown>(3).fill(answers[0]));
    expect(answers[0]).toMatchObject({ __typename: 'NotFoundError' });
  });
});

describe('invitations', () => {
  const list = async (account: Account, args = '') => {
    const document = `{ invitations${args} { totalCount nodes { id } pageInfo { hasNextPage } } }`;
    const { data, errors } = await app.graphql<{ invitations: Page | null }>(document, {}, account);
    return data?.invitations ?? errors?.[0]?.extensions?.['code'];
  };

  it('are those of the tenant, newest first, for its ADMINs', async () => {
    const admin = await app.register();
    const [first, second] = [await invite(admin), await invite(admin)];
    await revoke(admin, first.invitation.id);
    await invite(await app.register());
    expect(await list(admin)).toMatchObject({
      totalCount: 2,
      nodes: [{ id: second.invitation.id }, { id: first.invitation.id }],
    });
    expect(await list(admin, '(first: 1)')).toMatchObject({ pageInfo: { hasNextPage: true } });
  });

  it('are refused to members who manage no users', async () => {
    const member = await app.member(await app.register(), 'USER');
    expect(await list(member)).toBe('FORBIDDEN');
  });
});

interface Page {
  totalCount: number;
  nodes: { id: string }[];
}
