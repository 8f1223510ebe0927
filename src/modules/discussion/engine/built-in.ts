import { type Notice, notice } from '../../../kernel/notice.ts';
import type { Strategy } from './proposal.ts';
import type { Generated, GenerationFailure } from './structured-model.ts';

/** A part of a reply that built-in rules made because the model failed. */
export interface BuiltInPart {
  part: 'READING' | 'DESIGN' | 'CRITIQUE' | 'REPLY';
  /** The design that was made or judged; null for the reading of the message and the text of the reply. */
  strategy: Strategy | null;
  failure: GenerationFailure;
}

/** Empty for an answer of the model. */
export function builtInParts(
  part: BuiltInPart['part'],
  strategy: Strategy | null,
  { failure }: Generated<unknown>,
): BuiltInPart[] {
  return failure ? [{ part, strategy, failure }] : [];
}

/** One notice for all parts. Empty without parts. */
export function builtInNotices(parts: readonly BuiltInPart[]): Notice[] {
  if (parts.length === 0) return [];
  const codes = [...new Set(parts.map(({ failure }) => failure.code))].join(', ');
  const made = parts.map(({ part, strategy }) => [PHRASES[part], strategy].filter(Boolean).join(' '));
  const message = `The model gave no usable answer (${codes}). Built-in rules made ${made.join(', ')}.`;
  return [notice('BUILT_IN_USED', message)];
}

const PHRASES: Record<BuiltInPart['part'], string> = {
  READING: 'the reading of the message',
  DESIGN: 'the design',
  CRITIQUE: 'the critique of',
  REPLY: 'the text of the reply',
};
