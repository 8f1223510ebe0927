/** Edits of a valid design that leave it valid. */
import { type Design, MAX_STEPS, type Step } from './design.ts';

/** The one step that nothing depends on. */
export function lastStep(design: Design): Step {
  const needed = new Set(design.steps.flatMap((step) => step.dependsOn));
  return design.steps.find((step) => !needed.has(step.key))!;
}

export function replaceStep(design: Design, old: Step, changed: Step): Design {
  return { ...design, steps: design.steps.map((step) => (step === old ? changed : step)) };
}

/** Takes a step out that is not the last; what came after it now follows what came before. */
export function removeStep(design: Design, gone: Step): Design {
  const steps = design.steps
    .filter((step) => step !== gone)
    .map((step) => {
      if (!step.dependsOn.includes(gone.key)) return step;
      const others = step.dependsOn.filter((key) => key !== gone.key);
      return { ...step, dependsOn: [...new Set([...others, ...gone.dependsOn])] };
    });
  return { ...design, steps };
}

/**
 * Puts a step in and lets the `dependents` wait for it; none of them may come before what the step depends on.
 * Null when the design is full, or when nothing would wait for the step.
 */
export function insertStep(design: Design, step: Step, isDependent: (step: Step) => boolean): Design | null {
  const firstDependent = design.steps.findIndex(isDependent);
  if (firstDependent < 0 || design.steps.length >= MAX_STEPS) return null;
  const steps = design.steps.map((one) =>
    isDependent(one) ? { ...one, dependsOn: [...one.dependsOn, step.key] } : one,
  );
  return { ...design, steps: steps.toSpliced(firstDependent, 0, step) };
}

/** `check`, else `check-2`, `check-3` …: the first that is free. */
export function uniqueKey(design: Design, stem: string): string {
  const taken = new Set(design.steps.map((step) => step.key));
  const numbered = Array.from({ length: MAX_STEPS }, (_, index) => `${stem}-${index + 2}`);
  return [stem, ...numbered].find((key) => !taken.has(key))!;
}
