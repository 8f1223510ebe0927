/**
 * The provider's word for the end of an answer, for all protocols. Compared in lower case. An empty word is none: then
 * the answer is complete if the stream had its own end marker, else it broke off. An unknown word never loses the text.
 */
export function endFor(word: string | undefined, hasEndMarker: boolean): AnswerEnd {
  if (word) return ENDS.get(word.toLowerCase()) ?? 'unknown';
  return hasEndMarker ? 'complete' : 'broken';
}

export type AnswerEnd =
  | 'complete'
  /** The limit of output tokens was reached. */
  | 'length'
  /** The context window of the model is full. */
  | 'window'
  /** The provider or its model refused the content. */
  | 'refused'
  /** The provider failed, or the stream has no end. */
  | 'broken'
  /** The model asks for a tool, although none was offered. */
  | 'tool'
  | 'unknown';

const WORDS: Record<Exclude<AnswerEnd, 'unknown'>, string[]> = {
  complete: ['stop', 'end_turn', 'stop_sequence', 'eos', 'eos_token', 'end', 'completed', 'complete'],
  length: ['length', 'max_tokens', 'max_output_tokens', 'max_length', 'token_limit'],
  window: ['model_context_window_exceeded', 'model_length', 'context_length', 'context_length_exceeded'],
  refused: [
    'content_filter',
    'content_filtered',
    'refusal',
    'sensitive',
    'safety',
    'recitation',
    'language',
    'blocklist',
    'prohibited_content',
    'spii',
    'image_safety',
    'image_prohibited_content',
    'image_recitation',
  ],
  broken: [
    'error',
    'failed',
    'network_error',
    'server_error',
    'insufficient_system_resource',
    'abort',
    'aborted',
    'cancelled',
    'canceled',
    'timeout',
    'malformed_response',
  ],
  tool: [
    'tool_calls',
    'tool_call',
    'tool_use',
    'function_call',
    'custom_tool_call',
    'pause_turn',
    'malformed_function_call',
    'unexpected_tool_call',
    'too_many_tool_calls',
    'missing_thought_signature',
  ],
};

const ENDS: ReadonlyMap<string, AnswerEnd> = new Map(
  (Object.entries(WORDS) as [AnswerEnd, string[]][]).flatMap(([end, words]) =>
    words.map((word) => [word, end] as const),
  ),
);
