import { describe, expect, it } from 'vitest';
import { ApprovalWaiters } from '../../../../../src/modules/pipelines/run/approval-waiters.ts';
import type { Decision } from '../../../../../src/modules/pipelines/run/machine.ts';

const APPROVED: Decision = { kind: 'APPROVED', editedPrompt: null, editedOutput: null };
const NOBODY = new Map<string, Decision>();

describe('ApprovalWaiters', () => {
  it('parks when no branch is busy and one waits, and ends the wait', async () => {
    const parked: string[][] = [];
    const waiters = new ApprovalWaiters(async (waiting) => (parked.push(waiting), NOBODY));
    expect(await Promise.all([waiters.wait('a'), waiters.wait('b')])).toEqual([
      { kind: 'STOPPED' },
      { kind: 'STOPPED' },
    ]);
    expect(parked).toEqual([['a', 'b']]);
  });

  it('does not park while a branch is busy', async () => {
    const work = Promise.withResolvers<void>();
    let hasParked = false;
    const waiters = new ApprovalWaiters(async () => ((hasParked = true), NOBODY));
    const busy = waiters.busy(() => work.promise);
    const waiting = waiters.wait('a');
    await turn();
    expect(hasParked).toBe(false);
    waiters.resolve('a', APPROVED);
    expect(await waiting).toEqual(APPROVED);
    work.resolve();
    await busy;
  });

  it('uses a decision that arrived before its branch waited', async () => {
    const waiters = new ApprovalWaiters(async () => NOBODY);
    waiters.resolve('a', APPROVED);
    expect(await waiters.wait('a')).toEqual(APPROVED);
  });

  it('continues with steps that were decided when it was about to park', async () => {
    const waiters = new ApprovalWaiters(async () => new Map([['a', APPROVED]]));
    expect(await waiters.wait('a')).toEqual(APPROVED);
  });

  it('does not park after work has thrown', async () => {
    let hasParked = false;
    const waiters = new ApprovalWaiters(async () => ((hasParked = true), NOBODY));
    const waiting = waiters.wait('a');
    const failing = waiters.busy(() => Promise.reject(new Error('lost')));
    await expect(failing).rejects.toThrow('lost');
    expect(await waiting).toEqual({ kind: 'STOPPED' });
    await turn();
    expect(hasParked).toBe(false);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
