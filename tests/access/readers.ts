import { SignJWT } from 'jose';
import { readConfig } from '../../src/config/config.ts';
import { ensureOperator } from '../../src/modules/auth/accounts/operator.ts';
import { Tokens } from '../../src/modules/auth/sessions/tokens.ts';
import type { Account, TestApp } from '../support/app.ts';
import { createKey } from '../support/api-keys.ts';
import { rowId } from '../support/ids.ts';
import { TEST_SECRET_KEY } from '../support/instances.ts';

/** Everybody who may try to read or change what `owner` owns. */
export const READERS = [
  'owner',
  'admin',
  'colleague',
  'guest',
  'key',
  'stranger',
  'strange user',
  'operator',
  'twin',
  'anonymous',
  'expired',
] as const;
export type Reader = (typeof READERS)[number];

/** The readers by tenant. Those without valid credentials have none. */
export const TENANTS: readonly (readonly Reader[])[] = [
  ['owner', 'admin', 'colleague', 'guest', 'key'],
  ['stranger', 'strange user'],
  ['operator'],
  ['twin'],
];
export const SIGNED_IN = TENANTS.flat();

const TWIN_SECRET = 'the secret of another issuer: 0123456789';

/** The issuer of `twin`. */
export const ISSUERS = readConfig({
  JWT_ISSUERS: JSON.stringify([
    { name: 'elsewhere', issuer: 'https://elsewhere.example/', algorithms: ['HS256'], secret: TWIN_SECRET },
  ]),
}).issuers;

export interface People {
  owner: Account;
  admin: Account;
  colleague: Account;
  stranger: Account;
  /** What each reader sends. */
  credentials: Record<Reader, { token: string }>;
}

export async function signInReaders(app: TestApp): Promise<People> {
  const admin = await app.register();
  const owner = await app.member(admin, 'USER');
  const colleague = await app.member(admin, 'USER');
  const stranger = await app.register();
  const operator = { email: 'operator@example.com', password: 'correct horse battery' };
  await ensureOperator(app.services, operator);
  return {
    owner,
    admin,
    colleague,
    stranger,
    credentials: {
      owner,
      admin,
      colleague,
      stranger,
      guest: await app.member(admin, 'GUEST'),
      key: await createKey(app, owner),
      'strange user': await app.member(stranger, 'USER'),
      operator: { token: (await app.signIn('login', operator)).accessToken },
      twin: { token: await twinOf(owner) },
      anonymous: { token: '' },
      expired: { token: await expiredTokenOf(owner) },
    },
  };
}

/** An ADMIN at another issuer, whose external ids are those of the owner and of the owner's tenant. */
function twinOf({ session: { user } }: Account): Promise<string> {
  return new SignJWT({ tenant_id: user.tenant.externalId, role: 'admin', email: user.email })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('https://elsewhere.example/')
    .setSubject(rowId(user.id))
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(TWIN_SECRET));
}

/** A genuine token of the owner's session, which was valid until an hour ago. */
async function expiredTokenOf({ token, session: { user } }: Account): Promise<string> {
  const { sid } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sid: string };
  const past = new Date(Date.now() - 2 * 3_600_000);
  const tokens = new Tokens({ secretKey: TEST_SECRET_KEY, accessTokenMinutes: 60, clock: () => past });
  const subject = { userId: rowId(user.id), tenantId: rowId(user.tenant.id), sessionId: sid };
  return (await tokens.issueAccessToken(subject)).token;
}
