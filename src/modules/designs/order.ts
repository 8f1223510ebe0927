/** The order of steps by their dependencies. Dependencies on missing steps and on the step itself are passed over. */

/** Each step after all that it depends on; steps that are free of each other stay in the order of the design. */
export function topologicalOrder<S extends Dependent>(steps: readonly S[]): S[] {
  const ordered: S[] = [];
  const waiting = new Set(steps);
  while (waiting.size > 0) {
    const pending = new Set([...waiting].map((step) => step.key));
    const ready = [...waiting].filter(
      (step) => !step.dependsOn.some((key) => key !== step.key && pending.has(key)),
    );
    if (ready.length === 0)
      throw new Error('The steps wait for each other; checkDesign refuses such a design.');
    for (const step of ready) {
      ordered.push(step);
      waiting.delete(step);
    }
  }
  return ordered;
}

/** The keys of all steps that come before this one, however far. */
export function ancestors(steps: readonly Dependent[], key: string): Set<string> {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const found = new Set<string>();
  const open = [key];
  while (open.length > 0) {
    for (const dependency of byKey.get(open.pop()!)?.dependsOn ?? []) {
      if (dependency === key || found.has(dependency) || !byKey.has(dependency)) continue;
      found.add(dependency);
      open.push(dependency);
    }
  }
  return found;
}

/** The keys of one circle, each before the one that depends on it; null where there is none. */
export function findCycle(steps: readonly Dependent[]): string[] | null {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const cleared = new Set<string>();

  function walk(key: string, path: string[]): string[] | null {
    const start = path.indexOf(key);
    if (start >= 0) return path.slice(start).reverse();
    if (cleared.has(key)) return null;
    for (const dependency of byKey.get(key)?.dependsOn ?? []) {
      const cycle = dependency === key ? null : walk(dependency, [...path, key]);
      if (cycle) return cycle;
    }
    cleared.add(key);
    return null;
  }

  for (const step of steps) {
    const cycle = walk(step.key, []);
    if (cycle) return cycle;
  }
  return null;
}

interface Dependent {
  key: string;
  dependsOn: readonly string[];
}
