import type { ModelPiece } from '../core/llm/language-model.ts';
import { EmptyOutputError } from './failure.ts';

/**
 * Writes each piece of text as it comes and gives the whole text once all of it is stored. A window of unconfirmed
 * writes lets fast models be written in batches, and keeps a slow database from being flooded. However it ends,
 * no write is under way any more.
 * Errors: EmptyOutputError; those of the pieces and of the writes.
 */
export async function writePieces(
  pieces: AsyncIterable<ModelPiece>,
  write: (piece: { offset: number; text: string }) => Promise<void>,
): Promise<string> {
  const writes: Promise<void>[] = [];
  let whole = '';
  try {
    for await (const piece of pieces) {
      if (piece.type !== 'text' || piece.text === '') continue;
      const { text } = piece;
      writes.push(write({ offset: whole.length, text }));
      whole += text;
      if (writes.length > MAX_UNCONFIRMED_WRITES) await writes.shift();
    }
    await Promise.all(writes);
  } finally {
    await Promise.allSettled(writes);
  }
  if (whole.trim() === '') throw new EmptyOutputError();
  return whole;
}

const MAX_UNCONFIRMED_WRITES = 64;
