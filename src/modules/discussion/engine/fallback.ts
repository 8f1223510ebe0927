import type { CritiqueFallback } from './critic.ts';
import type { DesignFallback } from './designer.ts';
import type { ReadingFallback } from './read-message.ts';
import type { ReplyFallback } from './reply.ts';

/**
 * The built-in rules that answer in place of a model that fails. Every answer fits the schema of the same question
 * to a model; the text of a reply is Markdown like a model's.
 */
export interface DiscussionFallback
  extends ReadingFallback,
    DesignFallback,
    CritiqueFallback,
    ReplyFallback {}

declare module '../../../kernel/context.ts' {
  interface Services {
    discussionFallback: DiscussionFallback;
  }
}
