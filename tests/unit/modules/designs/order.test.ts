import { describe, expect, it } from 'vitest';
import { ancestors, findCycle, topologicalOrder } from '../../../../src/modules/designs/order.ts';

describe('topologicalOrder', () => {
  it('puts each step after its dependencies, whatever their order in the design', () => {
    const ordered = topologicalOrder(
      steps({ report: ['merge'], merge: ['a', 'b'], b: ['start'], a: ['start'], start: [] }),
    );
    expect(ordered.map((step) => step.key)).toEqual(['start', 'b', 'a', 'merge', 'report']);
  });

  it('keeps the order of independent steps', () => {
    expect(topologicalOrder(steps({ c: [], a: [], b: [] })).map((step) => step.key)).toEqual(['c', 'a', 'b']);
  });

  it('throws for a cycle', () => {
    expect(() => topologicalOrder(steps({ a: ['b'], b: ['a'] }))).toThrow('wait for each other');
  });
});

describe('ancestors', () => {
  const diamond = steps({ start: [], a: ['start'], b: ['start'], merge: ['a', 'b'], other: [] });

  it('returns all transitive dependencies once', () => {
    expect(ancestors(diamond, 'merge')).toEqual(new Set(['a', 'b', 'start']));
    expect(ancestors(diamond, 'start')).toEqual(new Set());
  });

  it('terminates on a cycle', () => {
    expect(ancestors(steps({ a: ['b'], b: ['a'] }), 'a')).toEqual(new Set(['b']));
  });
});

describe('findCycle', () => {
  it('returns each step of the cycle before the one that depends on it', () => {
    const cycle = findCycle(steps({ a: ['c'], b: ['a'], c: ['b'], end: ['c'] }))!;
    expect(cycle).toHaveLength(3);
    const doubled = [...cycle, ...cycle].join('');
    expect(doubled).toContain('abc');
  });

  it('ignores missing steps and a step that depends on itself', () => {
    expect(findCycle(steps({ a: ['a', 'ghost'], b: ['a'] }))).toBeNull();
  });

  it('is fast for thirty steps that depend on all earlier ones', () => {
    const keys = Array.from({ length: 30 }, (_, index) => `s${index}`);
    const dense = keys.map((key, index) => ({ key, dependsOn: keys.slice(0, index) }));
    expect(findCycle(dense.toReversed())).toBeNull();
  });
});

function steps(graph: Record<string, string[]>) {
  return Object.entries(graph).map(([key, dependsOn]) => ({ key, dependsOn }));
}
