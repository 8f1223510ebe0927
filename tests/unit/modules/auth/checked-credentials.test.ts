import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { permissionsOf } from '../../../../src/access/permissions.ts';
import type { Viewer } from '../../../../src/access/viewer.ts';
import {
  CHECK_LIFE_MS,
  CheckedCredentials,
  MAX_CHECKS,
} from '../../../../src/modules/auth/checked-credentials.ts';

const NOW = new Date('2026-11-28T12:00:00Z');

describe('a checked credential', () => {
  let now = 0;
  beforeEach(() => void vi.spyOn(performance, 'now').mockImplementation(() => now));
  afterEach(() => vi.restoreAllMocks());

  function checking(expiresAt: Date | null = null) {
    const checked = new CheckedCredentials({ clock: () => NOW });
    const check = vi.fn(async () => viewer(expiresAt));
    return { checked, check, ask: (credential = 'token') => checked.viewerOf(credential, check) };
  }

  it('is not checked again for a while, also not by queries that arrive during the check', async () => {
    const { check, ask } = checking();
    const viewers = await Promise.all([ask(), ask(), ask()]);
    now += CHECK_LIFE_MS - 1;
    expect(new Set([...viewers, await ask()]).size).toBe(1);
    expect(check).toHaveBeenCalledTimes(1);
    now += 1;
    await ask();
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('is as old as the beginning of its check', async () => {
    const { checked, check, ask } = checking();
    await checked.viewerOf('token', async () => {
      now += CHECK_LIFE_MS;
      return viewer(null);
    });
    await ask();
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('stands for no other credential', async () => {
    const { check, ask } = checking();
    await ask('one');
    await ask('other');
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('is checked again when its time is over', async () => {
    const { check, ask } = checking(NOW);
    await ask();
    await ask();
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('is checked again after a clear, also one whose check had begun', async () => {
    const { checked, check, ask } = checking();
    const { promise, resolve } = Promise.withResolvers<Viewer>();
    const begun = checked.viewerOf('token', () => promise);
    checked.clear();
    resolve(viewer(null));
    await begun;
    await ask();
    expect(check).toHaveBeenCalledTimes(1);
    checked.clear();
    await ask();
    expect(check).toHaveBeenCalledTimes(2);
  });

  it('is not remembered when it was refused', async () => {
    const { checked, check, ask } = checking();
    const refused = new Error('refused');
    await expect(checked.viewerOf('token', () => Promise.reject(refused))).rejects.toBe(refused);
    expect(checked.size).toBe(0);
    await ask();
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('makes room: the oldest are forgotten, and those whose time is over', async () => {
    const { checked, check, ask } = checking();
    for (let n = 0; n <= MAX_CHECKS; n++) await ask(`token ${n}`);
    expect(checked.size).toBe(MAX_CHECKS);
    check.mockClear();
    await ask(`token ${MAX_CHECKS}`);
    expect(check).not.toHaveBeenCalled();
    await ask('token 0');
    expect(check).toHaveBeenCalledTimes(1);
    now += CHECK_LIFE_MS;
    await ask();
    expect(checked.size).toBe(1);
  });
});

function viewer(expiresAt: Date | null): Viewer {
  const [userId, tenantId] = ['user', 'tenant'];
  const credential = { kind: 'SESSION', id: 'session', claims: { userId, tenantId }, expiresAt } as const;
  const role = 'USER';
  return { userId, tenantId, role, plan: 'FREE', permissions: permissionsOf({ role, tenantId }), credential };
}
