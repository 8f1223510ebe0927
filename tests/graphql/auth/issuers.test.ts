import { describe, expect, it } from 'vitest';
import { OPERATOR_TENANT_ID } from '../../../src/access/permissions.ts';
import { readConfig } from '../../../src/config/config.ts';
import {
  type Denial,
  denyTokens,
  forgetExpiredDenials,
} from '../../../src/modules/auth/issuers/denied-tokens.ts';
import { redeemTicket, viewerOfGrant } from '../../../src/modules/auth/tickets/tickets.ts';
import { testApp, testClock } from '../../support/app.ts';
import { hmac, signatureOf, type Target, token } from '../../support/forged-token.ts';
import { readEvents } from '../../support/sse.ts';
import { recordedStatements } from '../../support/statements.ts';
import { signingKey, testIssuer } from '../../support/token-issuer.ts';

const SHARED = 'only for tests: a secret that two services share';
const clock = testClock();
const seconds = (offset = 0) => Math.floor(clock.now().getTime() / 1_000) + offset;

const VIEWER = `{ viewer { id email displayName role plan permissions tenant { id externalId name } } }`;

describe('a token of another issuer', () => {
  const keys = testIssuer();
  const away = testIssuer();
  const app = testApp({
    clock: clock.now,
    config: {
      role: 'api',
      jwtSecretKey: SHARED,
      get issuers() {
        return readConfig({ JWT_ISSUERS: JSON.stringify(entries()) }).issuers;
      },
    },
  });

  const entries = () => [
    {
      name: 'corporate',
      issuer: 'https://corporate.example/',
      audience: 'agentforge',
      algorithms: ['ES256'],
      jwksUrl: keys.url,
    },
    {
      name: 'single',
      issuer: 'https://single.example/',
      algorithms: ['HS256'],
      secret: 's'.repeat(40),
      defaultTenant: 'everybody',
      maxAgeSeconds: 3_600,
    },
    { name: 'away', issuer: 'https://away.example/', algorithms: ['RS256'], jwksUrl: away.url },
  ];

  let count = 0;
  /** Claims of somebody new. */
  const claims = (more: object = {}) => ({
    sub: `user ${++count}`,
    tenant_id: `tenant ${count}`,
    iat: seconds(),
    exp: seconds(600),
    ...more,
  });
  const shared = (more?: object): Target => ({
    header: { alg: 'HS256', typ: 'JWT' },
    claims: claims(more),
    signature: hmac(SHARED),
  });
  const corporate = (more?: object): Target => {
    const key = keys.key('ES256');
    return {
      header: { alg: 'ES256', typ: 'JWT', kid: key.kid },
      claims: claims({ iss: 'https://corporate.example/', aud: 'agentforge', ...more }),
      signature: signatureOf(key),
    };
  };
  const single = (more?: object): Target => ({
    header: { alg: 'HS256', typ: 'JWT' },
    claims: claims({ iss: 'https://single.example/', ...more }),
    signature: hmac('s'.repeat(40)),
  });

  const ask = (target: Target, headers: Record<string, string> = {}) =>
    app.graphql<{ viewer: Viewer | null }>(VIEWER, {}, { token: token(target), headers });
  /** As another process does, and as this one knows after a moment. */
  async function deny(denial: Denial): Promise<void> {
    await denyTokens(app.services.database, denial);
    app.services.checkedCredentials.clear();
  }
  const viewerOf = async (target: Target) => (await ask(target)).data!.viewer!;
  /** Resolves when the subscription is open. */
  const subscribe = (target: Target) =>
    fetch(app.url(), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${token(target)}`,
      },
      body: JSON.stringify({ query: 'subscription { approvalEvents { __typename } }' }),
    });
  const lastMessage = async (response: Response) => {
    const results = (await Array.fromAsync(readEvents(response))).filter(({ event }) => event === 'next');
    const { errors } = JSON.parse(results.at(-1)!.data) as { errors: { message: string }[] };
    return errors[0]!.message;
  };
  const { during, checksDuring } = recordedStatements();

  it('gives its user an account in their tenant at the issuer, once', async () => {
    const target = corporate({ email: 'Ada@Example.com', name: 'Ada Lovelace', role: 'admin' });
    const viewer = await viewerOf(target);
    expect(viewer).toMatchObject({
      email: 'ada@example.com',
      displayName: 'Ada Lovelace',
      role: 'ADMIN',
      plan: 'FREE',
      tenant: { externalId: target.claims['tenant_id'], name: target.claims['tenant_id'] },
    });
    expect(await viewerOf(target)).toEqual(viewer);
  });

  it('gives one account to the first requests of a user, however many come at once', async () => {
    const target = shared();
    const viewers = await Promise.all(Array.from({ length: 20 }, () => viewerOf(target)));
    expect(new Set(viewers.map(({ id }) => id)).size).toBe(1);
  });

  it('costs one read of the database, and no write when nothing has changed', async () => {
    const target = corporate({ name: 'Somebody', email: 'somebody@example.com' });
    await ask(target);
    app.services.checkedCredentials.clear();
    const query = () => app.graphql('{ __typename }', {}, { token: token(target) });
    const sent = await checksDuring(query);
    expect(sent).toHaveLength(1);
    expect(sent[0]!.text).toMatch(/^\s*SELECT/);
    app.services.checkedCredentials.clear();
    expect(await during(query)).toEqual([]);
  });

  it.each([
    ['sub', { sub: 'a', userId: 'b', user_id: 'c' }, 'a'],
    ['userId', { sub: undefined, userId: 'b', user_id: 'c' }, 'b'],
    ['user_id', { sub: null, user_id: 'c' }, 'c'],
  ])('names its user by %s', async (_claim, ids, userId) => {
    const target = shared(ids);
    expect((await ask(target, { 'x-user-id': userId })).status).toBe(200);
    expect(await ask(target, { 'x-user-id': 'x' })).toMatchObject({
      status: 403,
      errors: [{ message: 'User ID mismatch between JWT and header', extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('keeps tenants and users of different issuers apart, with equal ids too', async () => {
    const ids = { sub: 'same user', tenant_id: 'same tenant', email: 'same@example.com' };
    const [one, other] = [await viewerOf(corporate(ids)), await viewerOf(shared(ids))];
    expect(one.id).not.toBe(other.id);
    expect(one.tenant.id).not.toBe(other.tenant.id);
    expect(one.tenant.externalId).toBe(other.tenant.externalId);
  });

  it('is of no tenant of this server, whatever id it names: not the operator’s either', async () => {
    const viewer = await viewerOf(shared({ tenant_id: OPERATOR_TENANT_ID, role: 'admin' }));
    expect(viewer.role).toBe('ADMIN');
    expect(viewer.permissions).not.toContain('PLAN_MANAGE');
  });

  it('is never linked to an account by its e-mail', async () => {
    const own = await app.register();
    const viewer = await viewerOf(shared({ email: own.email, role: 'admin' }));
    expect(viewer.email).toBe(own.email);
    expect(viewer.id).not.toBe(own.session.user.id);
    expect(viewer.tenant.id).not.toBe(own.session.user.tenant.id);
    const { session } = await app.register();
    const ofOwnTenant = await viewerOf(shared({ tenant_id: session.user.tenant.externalId }));
    expect(ofOwnTenant.tenant.id).not.toBe(session.user.tenant.id);
  });

  it.each<[string, unknown, string]>([
    ['admin', 'admin', 'ADMIN'],
    ['Guest', 'Guest', 'GUEST'],
    ['no role', undefined, 'USER'],
    ['an unknown role', 'root', 'GUEST'],
    ['a look-alike', 'adm\u0131n', 'GUEST'],
    ['a member of every object', 'constructor', 'GUEST'],
    ['a list', ['admin'], 'GUEST'],
  ])('gives the role that it names: %s', async (_what, role, expected) => {
    expect((await viewerOf(shared({ role }))).role).toBe(expected);
  });

  it('changes nothing when it was issued before a token that has been used', async () => {
    const user = { sub: 'demoted', tenant_id: 'demoted' };
    const issued = (secondsAgo: number, role: string) =>
      viewerOf(shared({ ...user, role, iat: seconds(-secondsAgo) }));
    expect((await issued(60, 'admin')).role).toBe('ADMIN');
    expect((await issued(40, 'admin')).role).toBe('ADMIN');
    expect((await issued(50, 'guest')).role).toBe('ADMIN'); // a role that the user had in between
    expect((await issued(30, 'guest')).role).toBe('GUEST');
    expect((await issued(60, 'admin')).role).toBe('GUEST');
    expect((await viewerOf(shared({ ...user, role: 'admin', iat: undefined }))).role).toBe('GUEST'); // does not say when
  });

  it('changes role, e-mail and name of its user when it names others, and keeps what it does not name', async () => {
    const user = { sub: 'changing', tenant_id: 'changing' };
    const { id } = await viewerOf(shared({ ...user, role: 'admin', email: 'old@example.com', name: 'Old' }));
    const lower = await viewerOf(shared({ ...user, role: 'guest', email: 'new@example.com', name: 'New' }));
    expect(lower).toMatchObject({
      id,
      role: 'GUEST',
      email: 'new@example.com',
      displayName: 'New',
      permissions: [],
    });
    expect(await viewerOf(shared({ ...user, role: 'guest' }))).toEqual(lower);
  });

  it('cleans the name, and ignores an e-mail that is none', async () => {
    const viewer = await viewerOf(shared({ name: ` A\0\u0007${'x'.repeat(300)}`, email: 'not an address' }));
    expect(viewer.displayName).toMatch(/^A\uFFFD?x+$/);
    expect(viewer.displayName.length).toBeLessThanOrEqual(100);
    expect(viewer.email).toBeNull();
  });

  it('is of the default tenant of its issuer when it names none', async () => {
    const target = single({ tenant_id: undefined });
    expect((await viewerOf(target)).tenant.externalId).toBe('everybody');
    expect((await ask(target, { 'x-tenant-id': 'everybody' })).status).toBe(200);
  });

  it('tolerates a clock difference of 10 seconds, but not more', async () => {
    const status = async (more: object) => (await ask(shared(more))).status;
    expect(await status({ iat: seconds(-600), exp: seconds(-9) })).toBe(200);
    expect(await status({ iat: seconds(-600), exp: seconds(-11) })).toBe(401);
    expect(await status({ iat: seconds(9), nbf: seconds(9) })).toBe(200);
    expect(await status({ iat: seconds(11) })).toBe(401);
    expect(await status({ nbf: seconds(11) })).toBe(401);
    expect(await status({ iat: undefined })).toBe(200);
  });

  it('is refused when it is older than its issuer allows', async () => {
    expect((await ask(single({ iat: seconds(-3_500) }))).status).toBe(200);
    expect((await ask(single({ iat: seconds(-3_700) }))).status).toBe(401);
    expect((await ask(single({ iat: undefined }))).status).toBe(401);
  });

  it('opens a WebSocket by a ticket, under the same names', async () => {
    const target = shared();
    const options = { token: token(target) };
    const { ticket } = await app.mutate<{ ticket: string }>(
      'createSocketTicket',
      {},
      '... on CreateSocketTicketSuccess { ticket }',
      options,
    );
    const grant = await redeemTicket(app.services.database.sql, ticket);
    const viewer = await viewerOfGrant(app.services, grant);
    expect(viewer.credential.claims).toEqual({
      userId: target.claims['sub'],
      tenantId: target.claims['tenant_id'],
    });
    await app.mutate('logout', {}, '', options);
    await expect(viewerOfGrant(app.services, grant)).rejects.toMatchObject({ reason: 'REVOKED' });
  });

  it('is accepted under every key that is published now, and under no removed one', async () => {
    const old = corporate();
    expect((await ask(old)).status).toBe(200);
    const next = signingKey('ES256');
    keys.keys = [...keys.keys, next];
    clock.advance(11_000);
    const { header, claims } = corporate();
    const rotated: Target = { header: { ...header, kid: next.kid }, claims, signature: signatureOf(next) };
    expect([(await ask(rotated)).status, (await ask(old)).status]).toEqual([200, 200]);

    keys.keys = [next];
    clock.advance(600_001);
    const stillValid = { ...old, claims: { ...old.claims, exp: seconds(600) } };
    expect((await ask(stillValid)).status).toBe(401);
    expect((await ask(corporate())).status).toBe(200);
  });

  it('is answered with SERVICE_UNAVAILABLE when the keys of its issuer cannot be fetched, without harm to others', async () => {
    away.answer = (_request, response) => void response.writeHead(500).end();
    const key = away.key('RS256');
    const target: Target = {
      header: { alg: 'RS256', typ: 'JWT', kid: key.kid },
      claims: claims({ iss: 'https://away.example/' }),
      signature: signatureOf(key),
    };
    expect(await ask(target)).toMatchObject({
      status: 503,
      errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
    expect((await ask(shared())).status).toBe(200);
    expect(
      app.logs.filter((line) => line.includes('the keys of an issuer could not be fetched')),
    ).toHaveLength(1);
    away.answer = null;
    clock.advance(11_000);
    expect((await ask({ ...target, claims: { ...target.claims, exp: seconds(60) } })).status).toBe(200);
  });

  describe('that is denied', () => {
    const REVOKED = {
      status: 401,
      errors: [
        {
          message: 'This access token has been revoked. Sign in again.',
          extensions: { code: 'UNAUTHENTICATED', reason: 'REVOKED' },
        },
      ],
    };

    it('by its jti is refused in every spelling, and no other one of its user', async () => {
      const target = shared({ jti: 'token 1' });
      const sameUser = { ...target, claims: { ...target.claims, jti: 'token 2' } };
      const otherIssuer = corporate({ jti: 'token 1' });
      await ask(target);
      const denial = { issuer: 'shared-secret', tokenId: 'token 1', expiresAt: null };
      await deny(denial);
      await deny(denial);
      expect(await ask(target)).toMatchObject(REVOKED);
      const spaced = token(target).replace(/(.{5})$/, ' $1');
      expect((await app.graphql(VIEWER, {}, { token: spaced })).status).toBe(401);
      expect([(await ask(sameUser)).status, (await ask(otherIssuer)).status]).toEqual([200, 200]);
    });

    it('by its subject is refused with all that were issued before, and not those after', async () => {
      const early = shared({ iat: seconds(-60) });
      const issued = (iat?: number) => ({ ...early, claims: { ...early.claims, iat } });
      const subject = early.claims['sub'] as string;
      const issuedBy = new Date(seconds(-30) * 1_000);
      await deny({ issuer: 'shared-secret', subject, tenantId: null, issuedBy });
      expect(await ask(early)).toMatchObject(REVOKED);
      expect(await ask(issued(seconds(-30)))).toMatchObject(REVOKED);
      expect(await ask(issued())).toMatchObject(REVOKED);
      expect((await ask(issued(seconds(-29)))).status).toBe(200);

      const earlier = new Date(seconds(-3_600) * 1_000);
      await deny({
        issuer: 'shared-secret',
        subject,
        tenantId: null,
        issuedBy: earlier,
      });
      expect(await ask(early)).toMatchObject(REVOKED);
    });

    it('by signing out, without a jti and an iat, is this token only', async () => {
      const user = { sub: 'undated', tenant_id: 'undated', iat: undefined };
      const [one, other] = [shared({ ...user, exp: seconds(500) }), shared({ ...user, exp: seconds(501) })];
      await app.mutate('logout', {}, '', { token: token(one) });
      expect(await ask(one)).toMatchObject(REVOKED);
      expect((await ask(other)).status).toBe(200);
    });

    it('never had a user is refused too, and gets no account', async () => {
      const target = shared({ jti: 'never here' });
      const denial = { issuer: 'shared-secret', tokenId: 'never here', expiresAt: null };
      await deny(denial);
      const before = await app.services.database.prisma.user.count();
      expect(await ask(target)).toMatchObject(REVOKED);
      expect(await app.services.database.prisma.user.count()).toBe(before);
    });

    it.each([
      ['with a jti', { jti: 'live' }],
      ['without one', {}],
    ])('by signing out, %s, ends its live subscriptions', async (_what, more) => {
      const target = shared(more);
      const response = await subscribe(target);
      const signedOut = await app.mutate('logout', {}, '... on LogoutSuccess { sessionsEnded }', {
        token: token(target),
      });
      expect(signedOut).toEqual({ __typename: 'LogoutSuccess', sessionsEnded: 1 });
      expect(await lastMessage(response)).toMatch(/^Signed out/);
      expect(await ask(target)).toMatchObject(REVOKED);
    });

    it('by signing out without a jti leaves the user of the same id in another tenant alone', async () => {
      const target = shared({ sub: 'one id', tenant_id: 'one tenant' });
      const namesake = { ...target, claims: { ...target.claims, tenant_id: 'another tenant' } };
      await app.mutate('logout', {}, '', { token: token(target) });
      expect(await ask(target)).toMatchObject(REVOKED);
      expect((await ask(namesake)).status).toBe(200);
      const issuedBy = new Date(seconds() * 1_000);
      const denial = { issuer: 'shared-secret', subject: 'one id', tenantId: null, issuedBy };
      await deny(denial);
      expect(await ask(namesake)).toMatchObject(REVOKED);
    });

    it('is forgotten when it has long expired, unless that is unknown', async () => {
      const { database } = app.services;
      const ago = new Date(Date.now() - 7_200_000);
      await deny({ issuer: 'shared-secret', tokenId: 'expired', expiresAt: ago });
      await deny({ issuer: 'shared-secret', tokenId: 'unknown', expiresAt: null });
      await deny({ issuer: 'shared-secret', tokenId: 'valid', expiresAt: new Date() });
      await forgetExpiredDenials(app.services);
      const jti = { in: ['expired', 'unknown', 'valid'] };
      const kept = await database.prisma.deniedToken.findMany({ where: { jti }, orderBy: { jti: 'asc' } });
      expect(kept.map((row) => row.jti)).toEqual(['unknown', 'valid']);
    });
  });

  it('is nowhere in the log or the database, nor is the secret of its issuer', async () => {
    const target = shared({ jti: 'canary' });
    const bearer = token(target);
    await ask(target);
    await app.mutate('logout', {}, '', { token: bearer });
    await ask(target);
    const [, , signature] = bearer.split('.');
    const { sql } = app.services.database;
    const tables = await sql<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) {
      const found = await sql(`SELECT 1 FROM ${name} t WHERE t::text LIKE $1 OR t::text LIKE $2`, [
        `%${signature}%`,
        `%${SHARED}%`,
      ]);
      expect(found, name).toEqual([]);
    }
    expect(app.logs.filter((line) => line.includes(signature!) || line.includes(SHARED))).toEqual([]);
  });

  it('of a removed user is refused', async () => {
    const target = shared();
    await ask(target);
    const { prisma } = app.services.database;
    const user = await prisma.user.findFirstOrThrow({ where: { subject: target.claims['sub'] as string } });
    await prisma.user.update({ where: { id: user.id }, data: { removedAt: new Date() } });
    app.services.checkedCredentials.clear();
    expect(await ask(target)).toMatchObject({
      status: 401,
      errors: [
        { message: 'The user of this access token has been removed.', extensions: { reason: 'REVOKED' } },
      ],
    });
  });

  it('opens no live subscription longer than its user has the role', async () => {
    const target = shared({ role: 'admin' });
    const response = await subscribe(target);
    await ask({ ...target, claims: { ...target.claims, role: 'guest' } });
    expect(await lastMessage(response)).toMatch(/^Role changed/);
  });
});

interface Viewer {
  id: string;
  email: string | null;
  displayName: string;
  role: string;
  permissions: string[];
  tenant: { id: string; externalId: string };
}
