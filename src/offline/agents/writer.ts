import type { Material, SubjectWords } from './material.ts';

export const PARTS = ['analyzer', 'collector', 'validator', 'synthesizer', 'reporter', 'custom'] as const;

/** One language. The texts use the material as it is: it holds no markup. */
export interface Writer
  extends SubjectWords,
    Record<(typeof PARTS)[number], (material: Material) => string> {}
