import type { ModelStreamPart } from '../../core/llm/language-model.ts';
import { EmptyOutputError } from '../execution-error.ts';

/**
 * Writes each piece of text as it comes and gives the whole text once all of it is stored. A window of unconfirmed
 * writes lets fast models be written in batches, and keeps a slow database from being flooded. After a write that
 * failed no other begins. However it ends, no write is under way any more.
 * `isCut`: the model was stopped by its limit of output tokens.
 * Errors: EmptyOutputError; those of the pieces and of the writes.
 */
export async function streamToLog(
  pieces: AsyncIterable<ModelStreamPart>,
  write: (piece: { offset: number; text: string }) => Promise<void>,
): Promise<{ text: string; isCut: boolean }> {
  const writes: Promise<void>[] = [];
  let hasFailed = false;
  let whole = '';
  let isCut = false;
  try {
    for await (const piece of pieces) {
      if (hasFailed) break; // the writes tell why
      if (piece.type === 'end') isCut = piece.reason === 'length';
      if (piece.type !== 'text' || piece.text === '') continue;
      const { text } = piece;
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
