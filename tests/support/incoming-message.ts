import { EMPTY_MEMORY } from '../../src/modules/discussion/engine/memory.ts';
import type { IncomingMessage } from '../../src/modules/discussion/engine/read-message.ts';

/** A message in a conversation with three proposals, unless `part` says otherwise. */
export function incomingMessage(text: string, part: Partial<IncomingMessage> = {}): IncomingMessage {
  return {
    text,
    stage: 'PRESENT',
    memory: EMPTY_MEMORY,
    proposals: PROPOSALS,
    messages: [],
    context: null,
    language: 'en',
    ...part,
  };
}

const PROPOSALS = [
  { strategy: 'SPEED', title: 'Quick answer: EV chargers', summary: 'Short.', score: 6, selected: false },
  { strategy: 'QUALITY', title: 'Thorough study: EV chargers', summary: 'Long.', score: 9, selected: false },
  {
    strategy: 'BALANCED',
    title: 'Balanced brief: EV chargers',
    summary: 'Medium.',
    score: 8,
    selected: false,
  },
] as const;
