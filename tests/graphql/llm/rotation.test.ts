import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../../../src/core/keyring/keyring.ts';
import { countUnreadable, rotateKeys } from '../../../src/modules/llm/keys/rotation.ts';
import { openKey, sealKey } from '../../../src/modules/llm/keys/sealed-key.ts';
import { testApp } from '../../support/app.ts';
import { rowId } from '../../support/ids.ts';
import { storedLlmKey } from '../../support/llm-keys.ts';

const [first, second] = [randomBytes(32), randomBytes(32)];
const app = testApp({ config: { role: 'api', encryptionKey: first } });
const next = new Keyring({ current: second, old: [first] });
const alone = new Keyring({ current: second });

describe('rotateKeys', () => {
  it('seals every key anew, in several batches, and does nothing when it is repeated', async () => {
    const { database } = app.services;
    const ann = await app.register();
    for (let n = 0; n < 205; n++)
      await storedLlmKey(app, ann, 'USER', { secret: `sk-number-${n}`, baseUrl: `https://${n}.example.com` });
    expect(await countUnreadable(database, alone)).toBe(205);
    expect(await rotateKeys(database, next)).toEqual({ resealed: 205, unreadableIds: [] });
    expect(await rotateKeys(database, next)).toEqual({ resealed: 0, unreadableIds: [] });
    expect(await countUnreadable(database, alone)).toBe(0);
    const stored = await database.prisma.llmKey.findMany({ where: { ownerId: rowId(ann.session.user.id) } });
    const secrets = stored.map((key) => openKey(alone, key));
    expect(new Set(secrets)).toEqual(new Set(Array.from({ length: 205 }, (_, n) => `sk-number-${n}`)));
  });

  it('names what it cannot read, and goes on', async () => {
    const { database } = app.services;
    const ann = await app.register();
    const lost = rowId(await storedLlmKey(app, ann, 'USER'));
    const kept = rowId(await storedLlmKey(app, ann, 'TENANT'));
    const strange = new Keyring({ current: randomBytes(32) });
    const key = await database.prisma.llmKey.findUniqueOrThrow({ where: { id: lost } });
    const data = { sealed: sealKey(strange, key, 'sk-lost') };
    await database.prisma.llmKey.update({ where: { id: lost }, data });
    expect(await rotateKeys(database, next)).toEqual({ resealed: 1, unreadableIds: [lost] });
    expect(await countUnreadable(database, next)).toBe(1);
    const after = await database.prisma.llmKey.findUniqueOrThrow({ where: { id: kept } });
    expect(openKey(alone, after)).toBe('sk-stored-by-a-test');
    await database.prisma.llmKey.delete({ where: { id: lost } });
  });

  it('does not overwrite a key that is saved meanwhile', async () => {
    const { database } = app.services;
    const id = rowId(await storedLlmKey(app, await app.register(), 'USER'));
    const key = await database.prisma.llmKey.findUniqueOrThrow({ where: { id } });
    const saved = sealKey(app.services.keyring, key, 'sk-saved-meanwhile');
    const racing = {
      prisma: database.prisma,
      async sql(...statement: Parameters<typeof database.sql>) {
        await database.prisma.llmKey.update({ where: { id }, data: { sealed: saved } });
        return database.sql(...statement);
      },
    } as typeof database;
    expect(await rotateKeys(racing, next)).toEqual({ resealed: 0, unreadableIds: [] });
    expect(await rotateKeys(database, next)).toEqual({ resealed: 1, unreadableIds: [] });
    const after = await database.prisma.llmKey.findUniqueOrThrow({ where: { id } });
    expect(openKey(alone, after)).toBe('sk-saved-meanwhile');
  });
});
