import type { ModelTask } from '../../../core/llm/language-model.ts';
import { madeByRules } from './reply-plan-selectors.ts';
import type { ReplyPlan } from './reply-plan.ts';
import {
  contextData,
  memoryData,
  messagesData,
  promptFor,
  REPLY_RULES,
  replyFocus,
  type ChatMessage,
} from './prompts.ts';
import type { Prompt } from './structured-model.ts';

export const REPLY_TASK = 'discussion.reply';
export const REPLY_OUTPUT_TOKENS = 1_200;

/** Builds the model request for the text of a reply. */
export function replyTo(
  plan: ReplyPlan,
  { messages, context }: ReplySurroundings,
): { task: ModelTask; prompt: Prompt } {
  const prompt = promptFor({
    instructions: REPLY_RULES,
    focus: replyFocus(plan.kind),
    data: {
      'messages so far': messagesData(messages),
      'application context': contextData(context),
      ...memoryData(plan.memory),
      designs: plan.designs.length > 0 ? JSON.stringify(plan.designs) : '',
      'made by the built-in rules': madeByRules(plan).join('\n'),
      stage: plan.stage,
      'design in question': plan.about ?? '',
      'newest message': plan.userMessage,
    },
    language: plan.language,
    maxOutputTokens: REPLY_OUTPUT_TOKENS,
  });
  return { task: { name: REPLY_TASK, metadata: { plan } }, prompt };
}

interface ReplySurroundings {
  /** Before the newest message, oldest first. */
  messages: readonly ChatMessage[];
  context: Readonly<Record<string, unknown>> | null;
}

export interface ReplyFallback {
  reply(plan: ReplyPlan): string;
}
