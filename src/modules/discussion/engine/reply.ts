import type { ModelTask } from '../../../core/llm/language-model.ts';
import type { Brief } from './reply-plan.ts';
import { contextData, memoryData, messagesData, promptFor, replyInstructions, type Said } from './prompts.ts';
import type { Prompt } from './structured-model.ts';

export const REPLY_TASK = 'discussion.reply';

/** How a model is asked for the text of a reply, which is streamed as it comes. */
export function replyTo(
  brief: Brief,
  { messages, context }: ReplySurroundings,
): { task: ModelTask; prompt: Prompt } {
  const prompt = promptFor({
    instructions: replyInstructions(brief.kind),
    data: {
      'messages so far': messagesData(messages),
      'application context': contextData(context),
      ...memoryData(brief.memory),
      designs: brief.designs.length > 0 ? JSON.stringify(brief.designs) : '',
      stage: brief.stage,
      'design in question': brief.about ?? '',
      'newest message': brief.said,
    },
    language: brief.language,
    maxOutputTokens: 1_200,
  });
  return { task: { name: REPLY_TASK, facts: { brief } }, prompt };
}

interface ReplySurroundings {
  /** Before the newest message, oldest first. */
  messages: readonly Said[];
  context: Readonly<Record<string, unknown>> | null;
}
