import type { Brief, BriefKind } from '../../modules/discussion/engine/reply-plan.ts';
import { wordingOf, type Wording } from '../../modules/discussion/engine/language.ts';
import { ENGLISH_REPLIES } from './reply-en.ts';
import { KOREAN_REPLIES } from './reply-ko.ts';

/** The text of a reply in Markdown, written from its brief without a model. */
export function offlineReply(brief: Brief): string {
  return REPLIES[wordingOf(brief.language)][brief.kind](brief);
}

const REPLIES: Record<Wording, Replies> = { en: ENGLISH_REPLIES, ko: KOREAN_REPLIES };

export type Replies = Record<BriefKind, (brief: Brief) => string>;
