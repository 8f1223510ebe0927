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

/** The built-in templates, in the order in which lists show them. */
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
