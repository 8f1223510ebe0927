import { z } from 'zod';
import { type Memory, type MemoryChange, tidy } from './memory.ts';
import {
  contextData,
  memoryData,
  messagesData,
  promptFor,
  READ_INSTRUCTIONS,
  type ChatMessage,
} from './prompts.ts';
import { STRATEGIES, type Strategy } from './proposal.ts';
import {
  type Generated,
  generateWithFallback,
  type PromptTask,
  type StructuredModel,
} from './structured-model.ts';

/** What one message does in the discussion, in this closed set. */
export const INTENTS = [
  'TALK',
  'DESCRIBE',
  'ADD',
  'ASK',
  'SELECT',
  'REFINE',
  'CONFIRM',
  'START_OVER',
] as const;

/** Reads a message. Keeps only intents and targets that are possible with the current designs. */
export async function readMessage(
  model: StructuredModel,
  fallback: ReadingFallback,
  message: IncomingMessage,
): Promise<Generated<Reading>> {
  const answer = await generateWithFallback(model, (known) => fallback.read(known), READ, message);
  const reading = answer.value;
  const target = message.proposals.some(({ strategy }) => strategy === reading.target)
    ? reading.target
    : null;
  const intents =
    message.proposals.length > 0 ? reading.intents : [...new Set(reading.intents.map(withoutDesigns))];
  const change = tidy(reading.change ?? '', MAX_CHANGE_LENGTH) || tidy(message.text, MAX_CHANGE_LENGTH);
  return { ...answer, value: { ...reading, intents, target, change } };
}

function withoutDesigns(intent: Intent): Intent {
  return intent === 'SELECT' || intent === 'REFINE' || intent === 'CONFIRM' ? 'ADD' : intent;
}

const MAX_CHANGE_LENGTH = 1_000;

const entries = z
  .array(z.string().transform((entry) => tidy(entry)))
  .max(30)
  .default([]);
const places = z.array(z.int()).max(100).default([]);

const readingSchema = z.object({
  intents: z.array(z.enum(INTENTS)).min(1).max(INTENTS.length),
  /** The design that is chosen, changed or asked about. */
  target: z.enum(STRATEGIES).nullable().default(null),
  change: z.string().nullable().default(null),
  /** Whether enough is known for first designs. */
  isClear: z.boolean(),
  title: z
    .string()
    .transform((title) => tidy(title, 80))
    .nullable()
    .default(null),
  memory: z
    .object({
      agreed: entries,
      withdrawn: places,
      asked: entries,
      answered: places,
      preferences: entries,
    })
    .prefault({}),
});

export const READ: PromptTask<IncomingMessage, ReadingAnswer> = {
  name: 'discussion.read',
  schema: readingSchema,
  prompt: ({ text, stage, memory, proposals, messages, context, language }) =>
    promptFor({
      instructions: READ_INSTRUCTIONS,
      data: {
        'messages so far': messagesData(messages),
        'application context': contextData(context),
        ...memoryData(memory),
        designs: proposals.map(describeProposal).join('\n'),
        stage,
        'newest message': text,
      },
      language,
      maxOutputTokens: 1_500,
    }),
};

function describeProposal({ strategy, title, summary, selected }: ProposalLine, index: number): string {
  return `${index + 1}. ${strategy}${selected ? ' (selected)' : ''}: ${title}. ${summary}`;
}

export interface IncomingMessage {
  text: string;
  stage: string;
  memory: Memory;
  /** In the order in which they are counted. */
  proposals: readonly ProposalLine[];
  /** Before this one, oldest first. */
  messages: readonly ChatMessage[];
  context: Readonly<Record<string, unknown>> | null;
  language: string;
}

export interface ProposalLine {
  strategy: Strategy;
  title: string;
  summary: string;
  score: number;
  selected: boolean;
}

export interface Reading {
  intents: Intent[];
  target: Strategy | null;
  /** The requested change. The whole message if the model did not extract one. */
  change: string;
  isClear: boolean;
  title: string | null;
  memory: MemoryChange;
}

export type Intent = (typeof INTENTS)[number];

/** A reading as a model gives it. */
export type ReadingAnswer = z.output<typeof readingSchema>;

export interface ReadingFallback {
  read(message: IncomingMessage): ReadingAnswer;
}
