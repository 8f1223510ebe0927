import { describe, expect, it } from 'vitest';
import { ApprovalWaiters } from '../../../../../src/modules/pipelines/run/approval-waiters.ts';
import type { Decision } from '../../../../../src/modules/pipelines/machine.ts';

const APPROVED: Decision = { kind: 'APPROVED', editedPrompt: null };
const NOBODY = new Map<string, Decision>();

describe('ApprovalWaiters', () => {
  it('parks when nothing is busy and somebody waits, and ends the waiting', async () => {
    const parked: string[][] = [];
    const decisions = new ApprovalWaiters(async (waiting) => (parked.push(waiting), NOBODY));
    expect(await Promise.all([decisions.wait('a'), decisions.wait('b')])).toEqual([
      { kind: 'STOPPED' },
      { kind: 'STOPPED' },
    ]);
    expect(parked).toEqual([['a', 'b']]);
  });

  it('does not park while anything is busy', async () => {
    const work = Promise.withResolvers<void>();
    let hasParked = false;
    const decisions = new ApprovalWaiters(async () => ((hasParked = true), NOBODY));
    const busy = decisions.busy(() => work.promise);
    const waiting = decisions.wait('a');
    await turn();
    expect(hasParked).toBe(false);
    decisions.settle('a', APPROVED);
    expect(await waiting).toEqual(APPROVED);
    work.resolve();
    await busy;
  });

  it('takes a decision that came before its branch waited', async () => {
    const decisions = new ApprovalWaiters(async () => NOBODY);
    decisions.settle('a', APPROVED);
    expect(await decisions.wait('a')).toEqual(APPROVED);
  });

  it('goes on with what turns out to be decided when it is about to park', async () => {
    const decisions = new ApprovalWaiters(async () => new Map([['a', APPROVED]]));
    expect(await decisions.wait('a')).toEqual(APPROVED);
  });

  it('does not park beside work that has thrown', async () => {
    let hasParked = false;
    const decisions = new ApprovalWaiters(async () => ((hasParked = true), NOBODY));
    const waiting = decisions.wait('a');
    const failing = decisions.busy(() => Promise.reject(new Error('lost')));
    await expect(failing).rejects.toThrow('lost');
    expect(await waiting).toEqual({ kind: 'STOPPED' });
    await turn();
    expect(hasParked).toBe(false);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
