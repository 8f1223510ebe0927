import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, UnstorableError } from '../../src/errors.ts';
import { FencedError, type StoredEvent } from '../../src/core/event-log/event-log.ts';
import { logKind } from '../../src/core/event-log/log.ts';
import { PostgresEventLog } from '../../src/core/event-log/event-log-postgres.ts';
import { createDatabase, type Database } from '../../src/infra/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts';
import { applyMigrations } from '../../src/infra/migrations.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

const logger = pino({ level: 'silent' });

const logOf = logKind<{ n: number }>('log');
const MAX_CONNECTIONS = 20;

/** Null when the server has no free connection. */
async function connect(url: string): Promise<pg.Client | null> {
  const client = new pg.Client({ connectionString: url });
  return client.connect().then(
    () => client,
    () => null,
  );
}

function open(url: string): { database: Database; published: StoredEvent[] } {
  const published: StoredEvent[] = [];
  const database = createDatabase({
    url,
    live: { publish: (events) => void published.push(...events) },
    jobs: { send: async () => {} },
    logger,
  });
  return { database, published };
}

describe('transact', () => {
  const { url } = testDatabase();
  const { database, published } = open(url);
  afterAll(() => database.close());

  const createTenant = (externalId: string) => ({ data: { externalId, name: externalId } });

  it('commits rows, raw statements and events together, then publishes the events', async () => {
    const name = await database.transact(async (tx) => {
      const tenant = await tx.prisma.tenant.create(createTenant('together'));
      await tx.sql('UPDATE tenants SET name = $1 WHERE id = $2', ['renamed', tenant.id]);
      tx.append(logOf('together'), { n: 1 });
      tx.append(logOf('together'), { n: 2 });
      expect(published).toEqual([]);
      return (await tx.prisma.tenant.findUniqueOrThrow({ where: { id: tenant.id } })).name;
    });
    expect(name).toBe('renamed');
    expect(published.map(({ seq, data }) => ({ seq, data }))).toEqual([
      { seq: 1, data: { n: 1 } },
      { seq: 2, data: { n: 2 } },
    ]);
    expect(await new PostgresEventLog(database.sql).state('log:together')).toMatchObject({ head: 2 });
  });

  it('leaves no row, no event and no gap when the work fails', async () => {
    published.length = 0;
    const failing = database.transact(async (tx) => {
      await tx.prisma.tenant.create(createTenant('failing'));
      tx.append(logOf('failing'), { n: 1 });
      throw new AppError('CONFLICT', 'no');
    });
    await expect(failing).rejects.toMatchObject({ code: 'CONFLICT', message: 'no' });
    expect(await database.prisma.tenant.count({ where: { externalId: 'failing' } })).toBe(0);
    await database.transact(async (tx) => tx.append(logOf('failing'), { n: 2 }));
    expect(published).toMatchObject([{ seq: 1, data: { n: 2 } }]);
  });

  it('rolls back when the fence is stale', async () => {
    await database.sql(`INSERT INTO event_logs (id, fence) VALUES ('log:fenced', 7)`);
    const stale = database.transact(async (tx) => {
      await tx.prisma.tenant.create(createTenant('fenced'));
      tx.append(logOf('fenced'), { n: 1 }, 6);
    });
    await expect(stale).rejects.toBeInstanceOf(FencedError);
    expect(await database.prisma.tenant.count({ where: { externalId: 'fenced' } })).toBe(0);
  });

  it('runs the work again when two transactions deadlock', async () => {
    const data = ['a', 'b'].map((id) => ({ id, ...createTenant(id).data }));
    await database.prisma.tenant.createMany({ data });
    let runs = 0;
    const lockInOrder = (first: string, second: string) =>
      database.transact(async (tx) => {
        runs++;
        await tx.prisma.tenant.update({ where: { id: first }, data: { name: 'locked' } });
        await tx.sql('SELECT pg_sleep(0.1)');
        await tx.prisma.tenant.update({ where: { id: second }, data: { name: 'locked' } });
      });
    await Promise.all([lockInOrder('a', 'b'), lockInOrder('b', 'a')]);
    expect(runs).toBeGreaterThan(2);
  });

  it.each([
    ['NUL', 'a\0b', 'a\uFFFDb'],
    ['half an emoji', '\ud83d and more', '\uFFFD and more'],
    ['the other half', 'more and \ude00', 'more and \uFFFD'],
  ])('stores text and JSON with %s, in every way to write them', async (what, text, stored) => {
    const tenant = await database.prisma.tenant.create({ data: { externalId: what, name: 'raw' } });
    const context = { [text]: [text] };
    const data = { tenantId: tenant.id, ownerId: 'nobody', title: text, context };
    const { id } = await database.transact(async (tx) => {
      tx.append(logOf(what), { n: 1, [text]: text });
      await tx.sql('UPDATE tenants SET name = $1 WHERE id = $2', [text, tenant.id]);
      return tx.prisma.conversation.create({ data });
    });
    const conversation = await database.prisma.conversation.findUnique({ where: { id } });
    expect(conversation).toMatchObject({ title: stored, context: { [stored]: [stored] } });
    expect(await database.prisma.tenant.findUnique({ where: { id: tenant.id } })).toMatchObject({
      name: stored,
    });
    const { events } = await new PostgresEventLog(database.sql).read(logOf(what), 0, 1);
    expect(events).toMatchObject([{ data: { n: 1, [stored]: stored } }]);
  });

  it('throws UnstorableError for a value that is out of range', async () => {
    const tooLarge = database.sql('SELECT $1::int4', ['4000000000']);
    await expect(tooLarge).rejects.toBeInstanceOf(UnstorableError);
    const inPrisma = database.transact((tx) => tx.prisma.$queryRaw`SELECT 1 / ${0}::int4`);
    await expect(inPrisma).rejects.toMatchObject({ message: expect.stringContaining('22012') });
  });

  it('rejects raw statements after the transaction has ended', async () => {
    const { sql } = await database.transact(async (tx) => tx);
    await expect(sql('SELECT 1')).rejects.toThrow('the transaction has not started or has ended');
  });

  it('separates concurrent transactions', async () => {
    const backends = await Promise.all(
      Array.from({ length: 8 }, () =>
        database.transact(async (tx) => {
          const [raw] = await tx.sql<{ id: bigint }>('SELECT txid_current() AS id');
          const [prisma] = await tx.prisma.$queryRaw<{ id: bigint }[]>`SELECT txid_current() AS id`;
          expect(raw?.id).toBe(prisma?.id);
          return raw?.id;
        }),
      ),
    );
    expect(new Set(backends).size).toBe(8);
  });
});

describe('snapshot', () => {
  const { url } = testDatabase();
  const { database } = open(url);
  afterAll(() => database.close());

  it('reads one consistent snapshot during concurrent writes, and rejects writes', async () => {
    await database.snapshot(async (tx) => {
      expect(await tx.prisma.tenant.count()).toBe(0);
      await database.prisma.tenant.create({ data: { externalId: 'later', name: 'later' } });
      expect(await tx.prisma.tenant.count()).toBe(0);
    });
    const writing = database.snapshot((tx) => tx.sql('DELETE FROM tenants'));
    await expect(writing).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});

describe('an unavailable database', () => {
  const settings = { max_connections: String(MAX_CONNECTIONS) };
  let folder: string;
  let postgres: EmbeddedPostgres;
  let database: Database;

  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'agentforge-away-'));
    postgres = await startEmbeddedPostgres({ folder, settings });
    await applyMigrations(postgres.url);
    ({ database } = open(postgres.url));
  });
  afterAll(async () => {
    await database.close();
    await postgres.stop();
    await fs.rm(folder, { recursive: true });
  });

  const operations: Record<string, () => Promise<unknown>> = {
    'a read': () => database.prisma.tenant.count(),
    'a statement': () => database.sql('SELECT 1'),
    'a transaction': () => database.transact((tx) => tx.prisma.tenant.count()),
  };

  for (const how of ['stop', 'kill'] as const) {
    it(`throws SERVICE_UNAVAILABLE and recovers after a ${how}`, async () => {
      await Promise.all(Object.values(operations).map((operation) => operation())); // idle connections to lose
      if (how === 'stop') await postgres.stop();
      else process.kill(postgres.pid, 'SIGKILL');
      await eventually(() => expect(operations['a read']!()).rejects.toBeDefined());
      for (const operation of Object.values(operations)) {
        await expect(operation()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      }
      postgres = await eventually(() => startEmbeddedPostgres({ folder, settings }));
      for (const operation of Object.values(operations)) await eventually(operation);
    });
  }

  it('throws SERVICE_UNAVAILABLE while the server has no free connection, and recovers', async () => {
    const hogs: pg.Client[] = [];
    for (let hog = await connect(postgres.url); hog; hog = await connect(postgres.url)) hogs.push(hog);
    const { database: late } = open(postgres.url);
    await expect(late.prisma.tenant.count()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await expect(late.transact((tx) => tx.sql('SELECT 1'))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    for (const hog of hogs) await hog.end();
    await eventually(() => late.prisma.tenant.count());
    await late.close();
  });

  it('unlocks the rows of a stalled transaction', async () => {
    const { id } = await database.prisma.tenant.create({ data: { externalId: 'stalled', name: 'stalled' } });
    const lock = 'SELECT id FROM tenants WHERE id = $1 FOR UPDATE';
    const stalled = database.transact(async (tx) => {
      await tx.sql(lock, [id]);
      await eventually(() => database.sql(`${lock} NOWAIT`, [id]), { timeoutMs: 10_000 });
      await tx.sql('SELECT 1');
    });
    await expect(stalled).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('throws SERVICE_UNAVAILABLE when the connection breaks within a transaction', async () => {
    const broken = database.transact(async (tx) => {
      const [backend] = await tx.sql<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await database.sql('SELECT pg_terminate_backend($1)', [backend!.pid]);
      await tx.prisma.tenant.create({ data: { externalId: 'broken', name: 'broken' } });
    });
    await expect(broken).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await eventually(operations['a transaction']!);
  });
});
