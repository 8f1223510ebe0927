import { describe, expect, it, vi } from 'vitest';
import type { TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { rowId } from '../support/ids.ts';
import { testInstances } from '../support/instances.ts';
import { keyProvider, saveKey, storedLlmKey } from '../support/llm-keys.ts';
import { testRedis } from '../support/redis.ts';

const redis = testRedis();
const provider = keyProvider();
const instances = testInstances();
const start = (redisUrl: string | null) =>
  instances.start({ role: 'api', redisUrl, allowedPrivateHosts: provider.hosts });

const holderOf = ({ session: { user } }: Awaited<ReturnType<TestApp['register']>>) => ({
  tenantId: rowId(user.tenant.id),
  userId: rowId(user.id),
});

describe('the cache of keys', () => {
  it.each<[string, string | null]>([
    ['without Redis, by the log alone', null],
    ...(redis ? [['by Redis, at once', redis.url] satisfies [string, string]] : []),
  ])('is dropped in every process when a key is saved, replaced or deleted: %s', async (_how, redisUrl) => {
    const [here, there] = [await start(redisUrl), await start(redisUrl)];
    const ann = await here.register();
    const isUsed = async () => {
      const [route] = await there.services.router.resolve({}, holderOf(ann));
      return route!.provider === 'OPENAI' ? route!.id : null;
    };
    expect(await isUsed()).toBeNull(); // which is remembered, too
    const { llmKey } = await saveKey(here, ann, { key: 'sk-good-first-one', baseUrl: provider.url });
    const first = await eventually(async () => (await isUsed()) ?? false);
    await saveKey(here, ann, { key: 'sk-good-second-one', baseUrl: provider.url });
    await eventually(async () => (await isUsed()) !== first);
    await here.mutate('deleteLlmKey', { llmKeyId: llmKey.id }, '', ann);
    await eventually(async () => (await isUsed()) === null);
    await Promise.all([here.close(), there.close()]);
  });

  it('reads the keys of a user once, and again after a failure', async () => {
    const app = await start(null);
    const ann = await app.register();
    await storedLlmKey(app, ann, 'TENANT');
    const { database, router } = app.services;
    const read = vi.spyOn(database.prisma.llmKey, 'findMany');
    read.mockRejectedValueOnce(new Error('the database is away'));
    await expect(router.resolve({}, holderOf(ann))).rejects.toThrow('the database is away');
    for (let n = 0; n < 3; n++)
      expect((await router.resolve({}, holderOf(ann)))[0]).toMatchObject({ provider: 'OPENAI' });
    expect(read).toHaveBeenCalledTimes(2);
    read.mockRestore();
    await app.close();
  });

  it('prefers own keys to the tenant’s, the latest of them, and leaves INVALID ones out', async () => {
    const app = await start(null);
    const ann = await app.register();
    const idOf = async () => (await app.services.router.resolve({}, holderOf(ann)))[0]!.id;
    const { prisma } = app.services.database;
    const ofTenant = await storedLlmKey(app, ann, 'TENANT');
    const invalid = await storedLlmKey(app, ann, 'USER', { baseUrl: 'https://a.example.com' });
    await prisma.llmKey.update({ where: { id: rowId(invalid) }, data: { status: 'INVALID' } });
    expect(await idOf()).toContain(rowId(ofTenant));
    const { llmKey: own } = await saveKey(app, ann, { key: 'sk-good-one', baseUrl: provider.url });
    await eventually(async () => expect(await idOf()).toContain(rowId(own.id)));
    const { llmKey: later } = await saveKey(app, ann, { key: 'sk-good-two', baseUrl: `${provider.url}/v1` });
    await eventually(async () => expect(await idOf()).toContain(rowId(later.id)));
    await app.close();
  });
});
