import type { ModelStreamPart } from '../language-model.ts';
import { field, textField } from '../wire/field.ts';

/**
 * The content of a message: a text, or a list of parts. Only text is text; a part of an unknown type is left out, which
 * `onLeftOut` is told.
 */
export function contentParts(content: unknown, onLeftOut: () => void = NOBODY): ModelStreamPart[] {
  if (typeof content === 'string') return content ? [{ type: 'text', text: content }] : [];
  const list: readonly unknown[] = Array.isArray(content) ? content : [content];
  return list.flatMap((part) => (typeof part === 'string' ? contentParts(part) : partOf(part, onLeftOut)));
}

function partOf(part: unknown, onLeftOut: () => void): ModelStreamPart[] {
  const type = field(part, 'type');
  const text = textField(part, 'text') ?? textField(field(part, 'text'), 'value');
  if (type === undefined || TEXT.has(type)) return text ? [{ type: 'text', text }] : [];
  if (type === 'thinking' || type === 'reasoning') return thinkingParts(field(part, 'thinking') ?? text);
  if (typeof type !== 'string' || !QUIET.test(type)) onLeftOut();
  return [];
}

export function textOf(parts: readonly ModelStreamPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** The thinking of a message, in the same forms as its content. */
export function thinkingParts(content: unknown): ModelStreamPart[] {
  return contentParts(content).map((part) => (part.type === 'text' ? { ...part, type: 'thinking' } : part));
}

const NOBODY = () => {};
const TEXT: ReadonlySet<unknown> = new Set(['text', 'output_text']);
/** Without these, nothing is missing in the text. */
const QUIET = /reasoning|thinking|summary|reference|citation|refusal/;
