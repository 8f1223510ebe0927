import type { CritiqueFallback } from './critic.ts';
import type { DesignFallback } from './designer.ts';
import type { ReadingFallback } from './read-message.ts';

/**
 * The built-in rules that answer in place of a model that fails. Every answer fits the schema of the same question
 * to a model.
 */
export interface DiscussionFallback extends ReadingFallback, DesignFallback, CritiqueFallback {
  /** The questions to ask when too little is known and the model asked none; at least one. */
  clarify(language: string): string[];
  /** A name for the conversation; null when the need has no words to make one of. */
  title(need: string): string | null;
}

declare module '../../../kernel/context.ts' {
  interface Services {
    discussionFallback: DiscussionFallback;
  }
}
