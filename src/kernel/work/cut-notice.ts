import type { EndReason } from '../../core/llm/language-model.ts';
import { type Notice, notice } from '../notice.ts';

/**
 * The notice of a text that may end in the middle of a sentence, with the cause; none for a complete text.
 * `what` begins the sentence, e.g. `The reply`. `stepKey`: null for a reply.
 */
export function cutNotices(
  end: EndReason,
  { what, maxOutputTokens, isLowered, stepKey = null }: CutText,
): Notice[] {
  if (end === 'stop') return [];
  return [
    notice(
      'OUTPUT_CUT',
      `${what} ${CAUSES[isLowered && end === 'length' ? 'budget' : end](maxOutputTokens)}`,
      { stepKey },
    ),
  ];
}

const CAUSES: Record<Exclude<EndReason, 'stop'> | 'budget', (maxOutputTokens: number) => string> = {
  length: (limit) => `was cut at its limit of ${limit} tokens.`,
  budget: (limit) => `was cut at ${limit} tokens, because a spending limit left no more.`,
  thinking: (limit) =>
    `was cut at its limit of ${limit} tokens, most of which the model's thinking used up. Raise the limit, or choose a model that thinks less.`,
  window: () =>
    'was cut because the model can write no more: its context window or its own limit is used up. Shorten the material, or choose a model with a larger window.',
  unknown: () => 'may be incomplete: the provider ended it for a reason that is not known here.',
};

interface CutText {
  what: string;
  /** As it was asked of the model. */
  maxOutputTokens: number;
  /** A spending limit left less than was wanted. */
  isLowered: boolean;
  stepKey?: string | null;
}
