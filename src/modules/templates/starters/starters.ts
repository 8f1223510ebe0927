import { competitorDigest } from './competitor-digest.ts';
import type { Starter } from './starter.ts';

/** The built-in templates, in the order in which lists show them. */
export const STARTERS: readonly Starter[] = [competitorDigest];
