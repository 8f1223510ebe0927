import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import type { Tx } from '../../src/infra/database.ts';
import { recordAct } from '../../src/kernel/audit/audit.ts';
import { linkAuditEntries } from '../../src/modules/audit/chainer.ts';
import { settleAddresses } from '../../src/modules/audit/departure.ts';
import { formatReport, readHeads } from '../../src/modules/audit/report.ts';
import { type ChainReport, verifyAuditLog } from '../../src/modules/audit/verify.ts';
import type { Services } from '../../src/kernel/context.ts';
import { testApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { rowId } from '../support/ids.ts';
import { testSql } from '../support/test-sql.ts';

const { sql, begin } = testSql();

/** The part of the database that the chainer uses, on the connections of this file. */
const services = {
  database: {
    sql,
    async transact<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      const tx = await begin();
      try {
        const result = await work({ sql: tx.sql } as Tx);
        await tx.commit();
        return result;
      } catch (error) {
        await tx.rollback();
        throw error;
      }
    },
  },
} as unknown as Services;
const link = () => linkAuditEntries(services);

const origin = { requestId: 'request', client: { address: '192.0.2.1' } };
const act = (tenantId: string, on: Sql = sql) =>
  recordAct({ sql: on }, 'session.refused', { tenantId, actorId: null, origin, detail: { b: 1, a: 'x' } });

/** A tenant with linked entries, their ids in the order of the chain. */
async function chain(length: number): Promise<{ tenantId: string; ids: string[] }> {
  const tenantId = randomUUID();
  for (let count = 0; count < length; count++) await act(tenantId);
  await link();
  return { tenantId, ids: await linked(tenantId) };
}

async function linked(tenantId: string): Promise<string[]> {
  const links = await sql<{ id: string }>(
    'SELECT entry_id AS id FROM audit_links WHERE tenant_id = $1 ORDER BY seq',
    [tenantId],
  );
  return links.map(({ id }) => id);
}

async function verify(tenantId: string, earlier?: string): Promise<ChainReport> {
  const reports: ChainReport[] = [];
  for await (const report of verifyAuditLog(sql, earlier === undefined ? undefined : readHeads(earlier)!)) {
    reports.push(report);
  }
  return reports.find((report) => report.tenantId === tenantId)!;
}

/** As the owner of the tables, who switches off what protects them. */
async function tamper(...statements: [text: string, params?: unknown[]][]): Promise<void> {
  const protectedTables = ['audit_entries', 'audit_links'];
  await services.database.transact(async (tx) => {
    for (const table of protectedTables) await tx.sql(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    await tx.sql('ALTER TABLE audit_addresses DROP CONSTRAINT IF EXISTS audit_addresses_entry_id_fkey');
    for (const [text, params] of statements) await tx.sql(text, params);
    for (const table of protectedTables) await tx.sql(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  });
}

describe('the tables of the audit log', () => {
  it.each(['audit_entries', 'audit_links'])('refuse every change of %s', async (table) => {
    await chain(1);
    for (const change of [
      `UPDATE ${table} SET tenant_id = 'other'`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table} CASCADE`,
    ]) {
      await expect(sql(change)).rejects.toThrow(/is append-only: (UPDATE|DELETE|TRUNCATE) refused/);
    }
  });
});

describe('the chainer', () => {
  it('links each entry once, also those that commit out of order', async () => {
    const tenantId = randomUUID();
    const [early, late] = [await begin(), await begin()];
    await act(tenantId, early.sql);
    await act(tenantId, late.sql);
    await late.commit();
    await link();
    expect(await linked(tenantId)).toHaveLength(1);
    await early.commit();
    await link();
    await link();
    const ids = await linked(tenantId);
    expect(ids).toHaveLength(2);
    expect(ids[1]! < ids[0]!).toBe(true); // the entry that was made first is linked last
    expect(await verify(tenantId)).toMatchObject({ head: { seq: 2 }, unlinked: 0, problem: null });
  });

  it('leaves no entry of an act that is rolled back', async () => {
    const tenantId = randomUUID();
    const tx = await begin();
    await act(tenantId, tx.sql);
    await tx.rollback();
    await link();
    expect(await verify(tenantId)).toBeUndefined();
  });

  it('lets one process link at a time, and continues what one has left', async () => {
    const tenantId = randomUUID();
    for (let count = 0; count < 50; count++) await act(tenantId);
    await Promise.all(Array.from({ length: 8 }, link));
    await link();
    expect(await verify(tenantId)).toMatchObject({ head: { seq: 50 }, unlinked: 0, problem: null });
  });

  it('links after a chainer that ended in the middle, without a gap', async () => {
    const { tenantId } = await chain(2);
    await act(tenantId);
    const broken = {
      database: {
        ...services.database,
        transact: (work: (tx: Tx) => Promise<void>) =>
          services.database.transact(async (tx) => {
            await work(tx);
            throw new Error('killed before the commit');
          }),
      },
    } as unknown as Services;
    await expect(linkAuditEntries(broken)).rejects.toThrow('killed');
    expect(await verify(tenantId)).toMatchObject({ head: { seq: 2 }, unlinked: 1, problem: null });
    await link();
    expect(await verify(tenantId)).toMatchObject({ head: { seq: 3 }, unlinked: 0, problem: null });
  });

  it('goes on when an entry waits that is linked already', async () => {
    const { tenantId, ids } = await chain(2);
    await sql('INSERT INTO audit_queue VALUES ($1, $2)', [ids[0], tenantId]);
    expect(await verify(tenantId)).toMatchObject({ unlinked: 0, since: null, problem: null });
    await act(tenantId);
    await link();
    expect(await verify(tenantId)).toMatchObject({ head: { seq: 3 }, unlinked: 0, problem: null });
    expect(await sql('SELECT 1 FROM audit_queue WHERE tenant_id = $1', [tenantId])).toEqual([]);
  });

  it('links more entries than one turn takes', async () => {
    const tenantId = randomUUID();
    await sql(
      `WITH entry AS (
         INSERT INTO audit_entries (id, tenant_id, action) SELECT gen_random_uuid(), $1, 'session.refused'
         FROM generate_series(1, 1500) RETURNING id)
       INSERT INTO audit_queue SELECT id, $1 FROM entry`,
      [tenantId],
    );
    await link();
    expect(await verify(tenantId)).toMatchObject({ unlinked: 500, problem: null });
    await link();
    expect(await verify(tenantId)).toMatchObject({ head: { seq: 1500 }, unlinked: 0, problem: null });
  });
});

describe('verification', () => {
  const broken = async (tenantId: string) => (await verify(tenantId)).problem;
  const hashOf = async (entryId: string) =>
    (await sql<{ hash: string }>('SELECT hash FROM audit_links WHERE entry_id = $1', [entryId]))[0]!.hash;

  it.each([
    ['action', `action = 'session.started'`],
    ['time', `at = at - interval '1 ms'`],
    ['target', `target_type = 'User'`],
    ['detail', `detail = detail || '{"a": "y"}'`],
    ['request', `request_id = NULL`],
    ['tenant', `tenant_id = 'another'`],
    ['hash of its address', `address_hash = repeat('0', 64)`],
  ])('finds an entry with another %s', async (_what, change) => {
    const { tenantId, ids } = await chain(3);
    expect(await broken(tenantId)).toBeNull();
    await tamper([`UPDATE audit_entries SET ${change} WHERE id = $1`, [ids[1]]]);
    expect(await broken(tenantId)).toBe(`entry ${ids[1]} (link 2) is not what was linked there`);
  });

  it('finds another address, and takes an erased one as it is', async () => {
    const { tenantId, ids } = await chain(3);
    await sql('DELETE FROM audit_addresses WHERE entry_id = $1', [ids[0]]);
    expect(await broken(tenantId)).toBeNull();
    await sql(`UPDATE audit_addresses SET ip = '192.0.2.2' WHERE entry_id = $1`, [ids[2]]);
    expect(await broken(tenantId)).toBe(`entry ${ids[2]} (link 3) has another IP address than it had`);
  });

  it('finds a deleted entry, a deleted link, and both', async () => {
    const [entry, both, last] = [await chain(3), await chain(3), await chain(3)];
    await tamper(['DELETE FROM audit_entries WHERE id = $1', [entry.ids[1]]]);
    expect(await broken(entry.tenantId)).toBe(`entry ${entry.ids[1]} (link 2) is missing`);
    await tamper(
      ['DELETE FROM audit_entries WHERE id = $1', [both.ids[1]]],
      ['DELETE FROM audit_links WHERE entry_id = $1', [both.ids[1]]],
    );
    expect(await broken(both.tenantId)).toBe('link 2 is missing');
    await tamper(['DELETE FROM audit_links WHERE entry_id = $1', [last.ids[2]]]);
    expect(await broken(last.tenantId)).toBe(`entry ${last.ids[2]} has lost its link`);
  });

  it.each([0, -5])('finds an entry that was put before the first, as link %i', async (seq) => {
    const { tenantId } = await chain(2);
    const id = randomUUID();
    const forge = ['INSERT INTO audit_links VALUES ($1, $2, $3, $4)', [tenantId, seq, id, 'x']] as [
      string,
      unknown[],
    ];
    await expect(sql(...forge)).rejects.toThrow('audit_links_seq_check');
    await tamper(
      ['ALTER TABLE audit_links DROP CONSTRAINT audit_links_seq_check'],
      [
        `INSERT INTO audit_entries (id, tenant_id, action) VALUES ($1, $2, 'session.refused')`,
        [id, tenantId],
      ],
      forge,
    );
    expect(await broken(tenantId)).toBe(`link ${seq} stands before the first`);
    await tamper(
      ['DELETE FROM audit_links WHERE entry_id = $1', [id]],
      ['ALTER TABLE audit_links ADD CONSTRAINT audit_links_seq_check CHECK (seq >= 1)'],
    );
  });

  it('finds links that were given to another tenant, in the logs of both', async () => {
    const { tenantId, ids } = await chain(2);
    const other = randomUUID();
    await tamper(['UPDATE audit_links SET tenant_id = $1 WHERE tenant_id = $2', [other, tenantId]]);
    expect(await broken(other)).toBe(`entry ${ids[0]} (link 1) belongs to another tenant`);
    expect(await broken(tenantId)).toBe(`entry ${ids[0]} has lost its link`);
  });

  it('finds an entry that was changed and linked anew only with the hash that its link had', async () => {
    const { tenantId, ids } = await chain(2);
    const earlier = `${tenantId} ${2}:${await hashOf(ids[1]!)} intact`;
    await tamper(
      ['DELETE FROM audit_links WHERE entry_id = $1', [ids[1]]],
      ['UPDATE audit_entries SET request_id = NULL WHERE id = $1', [ids[1]]],
      ['INSERT INTO audit_queue VALUES ($1, $2)', [ids[1], tenantId]],
    );
    await link();
    expect(await broken(tenantId)).toBeNull();
    expect((await verify(tenantId, earlier)).problem).toBe('link 2 is not the expected one');
  });

  it('finds two entries that were exchanged, in the entries and in the links', async () => {
    const [entries, links] = [await chain(4), await chain(4)];
    await tamper(
      [`UPDATE audit_entries SET id = 'parked' WHERE id = $1`, [entries.ids[1]]],
      ['UPDATE audit_entries SET id = $1 WHERE id = $2', [entries.ids[1], entries.ids[2]]],
      [`UPDATE audit_entries SET id = $1 WHERE id = 'parked'`, [entries.ids[2]]],
    );
    expect(await broken(entries.tenantId)).toBe(
      `entry ${entries.ids[1]} (link 2) is not what was linked there`,
    );
    const at = 'UPDATE audit_links SET seq = $3 WHERE tenant_id = $1 AND seq = $2';
    await tamper([at, [links.tenantId, 2, 99]], [at, [links.tenantId, 3, 2]], [at, [links.tenantId, 99, 3]]);
    expect(await broken(links.tenantId)).toBe(`entry ${links.ids[2]} (link 2) is not what was linked there`);
  });

  it('finds an entry that was deleted before it was linked, and counts the others', async () => {
    const { tenantId } = await chain(1);
    for (const _ of [1, 2]) await act(tenantId);
    expect(await verify(tenantId)).toMatchObject({ head: { seq: 1 }, unlinked: 2, problem: null });
    const [first] = await sql<{ id: string }>(
      'SELECT entry_id AS id FROM audit_queue WHERE tenant_id = $1 ORDER BY 1',
      [tenantId],
    );
    await tamper(['DELETE FROM audit_entries WHERE id = $1', [first!.id]]);
    expect(await verify(tenantId)).toMatchObject({
      unlinked: 1,
      problem: `entry ${first!.id}, which was not linked yet, is missing`,
    });
  });

  it('finds a chain whose end was cut off, or which was calculated anew, by its earlier output', async () => {
    const [cut, anew, gone] = [await chain(3), await chain(2), await chain(1)];
    const before = await Promise.all([cut, anew, gone].map(({ tenantId }) => verify(tenantId)));
    const earlier = before.map(formatReport).join('\n');
    await act(cut.tenantId);
    await link();
    expect((await verify(cut.tenantId, earlier)).problem).toBeNull(); // it has grown

    const last = [cut.tenantId, 3];
    await tamper(
      [
        'DELETE FROM audit_entries WHERE id IN (SELECT entry_id FROM audit_links WHERE tenant_id = $1 AND seq >= $2)',
        last,
      ],
      ['DELETE FROM audit_links WHERE tenant_id = $1 AND seq >= $2', last],
      [`UPDATE audit_entries SET action = 'session.started' WHERE tenant_id = $1`, [anew.tenantId]],
      ['DELETE FROM audit_links WHERE tenant_id = $1', [anew.tenantId]],
      [
        'INSERT INTO audit_queue SELECT id, tenant_id FROM audit_entries WHERE tenant_id = $1',
        [anew.tenantId],
      ],
      ['DELETE FROM audit_links WHERE tenant_id = $1', [gone.tenantId]],
      ['DELETE FROM audit_entries WHERE tenant_id = $1', [gone.tenantId]],
    );
    await link();
    for (const { tenantId } of [cut, anew]) expect(await broken(tenantId)).toBeNull();
    expect((await verify(cut.tenantId, earlier)).problem).toBe('the chain ends at link 2, but had 3 links');
    expect((await verify(anew.tenantId, earlier)).problem).toBe('link 2 is not the expected one');
    expect((await verify(gone.tenantId, earlier)).problem).toBe('the chain ends at link 0, but had 1 links');
  });

  it('names what is broken in each tenant, and goes on', async () => {
    const [one, two] = [await chain(2), await chain(2)];
    for (const { ids } of [one, two]) await tamper(['DELETE FROM audit_entries WHERE id = $1', [ids[0]]]);
    for (const { tenantId, ids } of [one, two])
      expect(await broken(tenantId)).toBe(`entry ${ids[0]} (link 1) is missing`);
  });
});

describe('the erasure of a person', () => {
  const app = testApp();

  it('deletes the addresses of their acts, keeps their id, and breaks no chain', async () => {
    const ann = await app.register();
    const id = rowId(ann.session.user.id);
    const tenantId = rowId(ann.session.user.tenant.id);
    await app.mutate('login', { email: ann.email, password: 'wrong' });
    await app.mutate('deleteAccount', { password: ann.password }, '', ann);
    const { prisma, sql: appSql } = app.services.database;
    const entries = await eventually(async () => {
      const found = await prisma.auditEntry.findMany({ where: { tenantId }, include: { address: true } });
      return found.length === 3 && found.every(({ address }) => address === null) && found;
    });
    expect(
      entries
        .map(({ action, actorId }) => [action, actorId])
        .toSorted((a, b) => String(a).localeCompare(String(b))),
    ).toEqual([
      ['account.deleted', id],
      ['account.registered', id],
      ['session.refused', null],
    ]);
    expect(JSON.stringify(entries)).not.toContain(ann.email);
    await eventually(async () => {
      const reports: ChainReport[] = [];
      for await (const report of verifyAuditLog(appSql)) reports.push(report);
      const report = reports.find((one) => one.tenantId === tenantId);
      expect(report).toMatchObject({ head: { seq: 3 }, unlinked: 0, problem: null });
    });
  });

  it('keeps the addresses of a removed member', async () => {
    const { tenantId } = await chain(1);
    const departure = { userId: 'member', tenantId, successorId: 'admin' };
    expect(await settleAddresses(services, departure)).toBe(true);
    expect(
      await sql(
        'SELECT 1 FROM audit_addresses a JOIN audit_entries e ON e.id = a.entry_id WHERE e.tenant_id = $1',
        [tenantId],
      ),
    ).toHaveLength(1);
  });
});
