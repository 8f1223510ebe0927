import type { Brief, BriefKind } from './brief.ts';
import { wordingOf, type Wording } from './language.ts';
import { ENGLISH_REPLIES } from './offline-reply-en.ts';
import { KOREAN_REPLIES } from './offline-reply-ko.ts';

/** The text of a reply in Markdown, written from its brief without a model. */
export function offlineReply(brief: Brief): string {
  return REPLIES[wordingOf(brief.language)][brief.kind](brief);
}

const REPLIES: Record<Wording, Replies> = { en: ENGLISH_REPLIES, ko: KOREAN_REPLIES };

export type Replies = Record<BriefKind, (brief: Brief) => string>;
