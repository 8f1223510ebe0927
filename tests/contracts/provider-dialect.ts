import type { LanguageModel, ModelRequest, ModelUsage } from '../../src/core/llm/language-model.ts';
import type { ModelTimeouts } from '../../src/core/llm/providers/provider-call.ts';

export const KEY = 'sk-canary-0123456789';

/** A short request, and what its answer uses. */
export const REQUEST: ModelRequest = {
  model: 'some-model',
  system: '',
  messages: [{ role: 'user', content: 'hello' }],
  maxOutputTokens: 1_000,
  task: { name: 'test', metadata: {} },
};
export const USAGE = { inputTokens: 11, outputTokens: 7 };

/** The schema of a structured answer. */
export const FORM = {
  type: 'object',
  properties: { note: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  required: ['note'],
  additionalProperties: false,
};

/** One provider: its adapter and its wire format. */
export interface ProviderDialect {
  name: string;
  create: (options: { url: string; timeouts?: ModelTimeouts }) => LanguageModel;
  finishReasons: { length: string };
  /** The part of the request that requests JSON. */
  jsonMode: RegExp;
  /** In the body of a request for an object of `FORM`. */
  schemaMode: string;
  /** Its events in wire format. */
  connection: {
    opening: (usage: ModelUsage) => string[];
    text: (text: string) => string;
    closing: (finish: 'stop' | 'refused', usage: ModelUsage) => string[];
    malformed: string;
    overloaded: string;
    limited: string;
  };
  /** An answer "answer" with cached input and reasoning, and its billed usage. */
  richUsage: { events: string[]; usage: ModelUsage };
  /** The events of an end with this word, and those that end the stream without one. */
  ending: (word: string | null, usage: ModelUsage) => string[];
  endMarker: string[];
  /** Words for the end by what they mean: an end of the port, or an error. */
  words: Record<'stop' | 'length' | 'window' | 'unknown' | 'REFUSED' | 'TRUNCATED', string[]>;
  /** Events with thinking, and with text where the protocol allows it but few servers put it. */
  thinking: ((thinking: string) => string)[];
  textPlaces: ((text: string) => string)[];
  /** Events that hold no text of the answer. */
  noText: string[];
  /** A whole completion, as it is sent when no stream is asked for. */
  completion: unknown;
}
