import { describe, expect, it } from 'vitest';
import { deleteExpiredAccess } from '../../../src/modules/auth/retention.ts';
import { testApp } from '../../support/app.ts';

describe('deleteExpiredAccess', () => {
  const app = testApp({ config: { role: 'api' } });

  it('deletes sessions that ended 30 days ago, and keeps younger and open ones', async () => {
    const { prisma, sql } = app.services.database;
    const { email, password, session } = await app.register();
    for (const _ of ['younger', 'old']) await app.signIn('login', { email, password });
    const [open, younger, old] = await prisma.session.findMany({
      where: { user: { email } },
      orderBy: { id: 'asc' },
    });
    const end = (id: string, days: number) =>
      sql(`UPDATE sessions SET ended_at = now() - make_interval(days => $2) WHERE id = $1`, [id, days]);
    await end(younger!.id, 29);
    await end(old!.id, 31);
    await deleteExpiredAccess(app.services);
    const left = await prisma.session.findMany({ where: { user: { email } }, orderBy: { id: 'asc' } });
    expect(left.map(({ id }) => id)).toEqual([open!.id, younger!.id]);
    expect(await prisma.refreshToken.count({ where: { sessionId: old!.id } })).toBe(0);
    expect((await app.graphql('{ viewer { id } }', {}, { token: session.accessToken })).status).toBe(200);
  });
});
