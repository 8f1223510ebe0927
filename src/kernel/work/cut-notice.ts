import type { EndReason } from '../../core/llm/language-model.ts';
import { type Notice, notice } from '../notice.ts';

/**
 * The notice of a text that may end in the middle of a sentence, with the cause and what helps; none for a complete
 * text. `what` begins the sentence, e.g. `The reply`. `stepKey`: null for a reply.
 */
export function cutNotices(
  end: EndReason,
  { what, maxOutputTokens, isLowered, stepKey = null }: CutText,
): Notice[] {
  if (end === 'stop') return [];
  const cause = isLowered && end === 'length' ? 'budget' : end;
  const advice = (stepKey === null ? ADVICE_FOR_REPLIES : ADVICE_FOR_STEPS)[cause];
  const sentences = [`${what} ${CAUSES[cause](maxOutputTokens)}`, ...(advice ? [advice] : [])];
  return [notice('OUTPUT_CUT', sentences.join(' '), { stepKey })];
}

const CAUSES: Record<Cause, (maxOutputTokens: number) => string> = {
  length: (limit) => `was cut at its limit of ${limit} tokens.`,
  budget: (limit) => `was cut at ${limit} tokens, because a spending limit left no more.`,
  thinking: (limit) => `was cut at its limit of ${limit} tokens, most of which the model's thinking used up.`,
  window: () =>
    'was cut because the model can write no more: its context window or its own limit is used up.',
  unknown: () => 'may be incomplete: the provider ended it for a reason that is not known here.',
};

const ADVICE_FOR_STEPS: Partial<Record<Cause, string>> = {
  thinking: 'Raise the limit, or choose a model that thinks less.',
  window: 'Shorten the material, or choose a model with a larger window.',
};

/** Nobody can set the limit or the model of a reply. */
const ASK_AGAIN = 'Ask for the rest, or for a shorter answer.';
const ADVICE_FOR_REPLIES: Partial<Record<Cause, string>> = {
  length: ASK_AGAIN,
  thinking: ASK_AGAIN,
  window: ASK_AGAIN,
};

type Cause = Exclude<EndReason, 'stop'> | 'budget';

interface CutText {
  what: string;
  /** As it was asked of the model. */
  maxOutputTokens: number;
  /** A spending limit left less than was wanted. */
  isLowered: boolean;
  stepKey?: string | null;
}
