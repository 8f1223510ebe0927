import type { ModelStreamPart } from '../language-model.ts';
import { field, textField } from '../wire/field.ts';

/** The content of a message: a text, or a list of parts. Only text is text; a part of an unknown type is left out. */
export function contentParts(content: unknown): ModelStreamPart[] {
  if (typeof content === 'string') return content ? [{ type: 'text', text: content }] : [];
  const list: readonly unknown[] = Array.isArray(content) ? content : [content];
  return list.flatMap((part) => (typeof part === 'string' ? contentParts(part) : partOf(part)));
}

function partOf(part: unknown): ModelStreamPart[] {
  const type = field(part, 'type');
  const text = textField(part, 'text');
  if (type === 'text' || type === 'output_text') return text ? [{ type: 'text', text }] : [];
  if (type === 'thinking' || type === 'reasoning') return thinkingParts(field(part, 'thinking') ?? text);
  return [];
}

/** The thinking of a message, in the same forms as its content. */
export function thinkingParts(content: unknown): ModelStreamPart[] {
  return contentParts(content).map((part) => (part.type === 'text' ? { ...part, type: 'thinking' } : part));
}
