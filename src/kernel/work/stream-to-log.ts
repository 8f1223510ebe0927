import type { ModelStreamPart } from '../../core/llm/language-model.ts';
import { EmptyOutputError } from '../execution-error.ts';

/**
 * Writes each chunk of text as it comes and gives the whole text once all of it is stored. A window of unconfirmed
 * writes lets fast models be written in batches, and keeps a slow database from being flooded. After a write that
 * failed no other begins. However it ends, no write is under way any more.
 * Errors: EmptyOutputError; those of the parts and of the writes.
 */
export async function streamToLog(
  parts: AsyncIterable<ModelStreamPart>,
  write: (chunk: { offset: number; text: string }) => Promise<void>,
): Promise<StreamedText> {
  const writes: Promise<void>[] = [];
  let hasFailed = false;
  let whole = '';
  let isCut = false;
  try {
    for await (const part of parts) {
      if (hasFailed) break; // the writes tell why
      if (part.type === 'end') isCut = part.reason === 'length';
      if (part.type !== 'text' || part.text === '') continue;
      const { text } = part;
      const stored = write({ offset: whole.length, text });
      stored.catch(() => (hasFailed = true));
      writes.push(stored);
      whole += text;
      if (writes.length > MAX_UNCONFIRMED_WRITES) await writes.shift();
    }
    await Promise.all(writes);
  } finally {
    await Promise.allSettled(writes);
  }
  if (whole.trim() === '') throw new EmptyOutputError();
  return { text: whole, isCut };
}

const MAX_UNCONFIRMED_WRITES = 64;

export interface StreamedText {
  text: string;
  /** The model was stopped by its limit of output tokens. */
  isCut: boolean;
}
