import { describe, expect, it } from 'vitest';
import { runGraph } from '../../../../../src/modules/pipelines/run/graph.ts';

const DIAMOND = [
  { key: 'start', dependsOn: [] },
  { key: 'left', dependsOn: ['start'] },
  { key: 'right', dependsOn: ['start'] },
  { key: 'end', dependsOn: ['left', 'right'] },
];

describe('runGraph', () => {
  it('runs each node once, after its dependencies, and branches in parallel', async () => {
    const log: string[] = [];
    const bothStarted = Promise.withResolvers<void>();
    await runGraph(
      DIAMOND,
      ({ key }, asTask) =>
        asTask(async () => {
          log.push(`${key} starts`);
          if (log.includes('left starts') && log.includes('right starts')) bothStarted.resolve();
          if (key === 'left' || key === 'right') await bothStarted.promise;
          log.push(`${key} ends`);
        }),
      () => {},
    );
    expect(log.slice(0, 2)).toEqual(['start starts', 'start ends']);
    expect(log.slice(2, 4).sort()).toEqual(['left starts', 'right starts']);
    expect(log.slice(6)).toEqual(['end starts', 'end ends']);
  });

  it.each(['in a task', 'outside of a task'])(
    'waits for running nodes when a node throws %s, then throws the first error',
    async (place) => {
      const reported = Promise.withResolvers<void>();
      let rightHasFinished = false;
      const running = runGraph(
        DIAMOND,
        async ({ key }, asTask) => {
          if (key === 'left' && place === 'outside of a task') throw new Error('left is broken');
          await asTask(async () => {
            if (key === 'left') throw new Error('left is broken');
            if (key !== 'right') return;
            await reported.promise;
            rightHasFinished = true;
          });
        },
        () => reported.resolve(),
      );
      await expect(running).rejects.toThrow('left is broken');
      expect(rightHasFinished).toBe(true);
    },
  );

  it('runs a chain of the maximum length of a design', async () => {
    const chain = Array.from({ length: 30 }, (_, n) => ({
      key: `step-${n}`,
      dependsOn: n === 0 ? [] : [`step-${n - 1}`],
    }));
    const done: string[] = [];
    await runGraph(
      chain,
      ({ key }, asTask) => asTask(async () => void done.push(key)),
      () => {},
    );
    expect(done).toEqual(chain.map(({ key }) => key));
  });
});
