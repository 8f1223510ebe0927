import type { ReplyPlan, ReplyKind } from '../../modules/discussion/engine/reply-plan.ts';
import { wordingOf, type Wording } from '../../modules/discussion/engine/language.ts';
import { ENGLISH_REPLIES } from './reply-en.ts';
import { KOREAN_REPLIES } from './reply-ko.ts';

/** The text of a reply in Markdown, written from its plan, without a model. */
export function offlineReply(plan: ReplyPlan): string {
  return REPLIES[wordingOf(plan.language)][plan.kind](plan);
}

const REPLIES: Record<Wording, Record<ReplyKind, (plan: ReplyPlan) => string>> = {
  en: ENGLISH_REPLIES,
  ko: KOREAN_REPLIES,
};
