import type { EndReason, ModelStreamPart } from '../../core/llm/language-model.ts';
import { EmptyOutputError } from '../execution-error.ts';

/**
 * Writes each chunk of text as it arrives, and resolves to the whole text when all of it is stored. A window of pending
 * writes allows batches for fast models and applies backpressure when the database is slow. After a failed write, no
 * further write starts. No write is pending when it settles.
 * Errors: EmptyOutputError; those of the parts and of the writes.
 */
export async function streamToLog(
  parts: AsyncIterable<ModelStreamPart>,
  write: (chunk: { offset: number; text: string }) => Promise<void>,
): Promise<StreamedText> {
  const writes: Promise<void>[] = [];
  let hasFailed = false;
  let whole = '';
  let end: EndReason = 'stop';
  try {
    for await (const part of parts) {
      if (hasFailed) break; // awaiting the writes throws the error
      if (part.type === 'end') end = part.reason;
      if (part.type !== 'text' || part.text === '') continue;
      const { text } = part;
      const stored = write({ offset: whole.length, text });
      stored.catch(() => (hasFailed = true));
      writes.push(stored);
      whole += text;
      if (writes.length > MAX_PENDING_WRITES) await writes.shift();
    }
    await Promise.all(writes);
  } finally {
    await Promise.allSettled(writes);
  }
  if (whole.trim() === '') throw new EmptyOutputError();
  return { text: whole, end };
}

const MAX_PENDING_WRITES = 64;

export interface StreamedText {
  text: string;
  /** All but `stop`: the text may end in the middle of a sentence. */
  end: EndReason;
}
