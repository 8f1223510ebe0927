import { competitorDigest } from './competitor-digest.ts';
import { contractCheck } from './contract-check.ts';
import { interviewSynthesis } from './interview-synthesis.ts';
import { literatureOverview } from './literature-overview.ts';
import { meetingMinutes } from './meeting-minutes.ts';
import { priceComparison } from './price-comparison.ts';
import { releaseNotes } from './release-notes.ts';
import { reviewedTranslation } from './reviewed-translation.ts';
import { securityLogReview } from './security-log-review.ts';
import type { Starter } from './starter.ts';
import { supportThemes } from './support-themes.ts';

/**
 * Raised with every change of a starter, and with one that is added or removed: a process stores the starters only when
 * no newer revision is stored. A test finds changes that do not raise it.
 */
export const STARTERS_REVISION = 3;

/** The built-in templates. Lists order them by their ids. */
export const STARTERS: readonly Starter[] = [
  competitorDigest,
  literatureOverview,
  securityLogReview,
  supportThemes,
  meetingMinutes,
  contractCheck,
  priceComparison,
  releaseNotes,
  interviewSynthesis,
  reviewedTranslation,
];
