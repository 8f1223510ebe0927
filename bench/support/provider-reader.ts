import OpenAI from 'openai';
import type { RunningServer } from './running-server.ts';

/** What a prompt asks the provider of `provider.ts` for. */
export interface Pace {
  tokens: number;
  everyMs: number;
}

export const promptFor = ({ tokens, everyMs }: Pace): string => `${tokens} tokens, ${everyMs} ms apart`;

/** Calls the provider directly, as an application without the product would. */
export class ProviderReader {
  readonly #client: OpenAI;

  constructor(provider: RunningServer) {
    this.#client = new OpenAI({ apiKey: 'any', baseURL: `${provider.url}/v1`, maxRetries: 0 });
  }

  async read(pace: Pace, onToken: (text: string) => void): Promise<void> {
    const messages = [{ role: 'user' as const, content: promptFor(pace) }];
    const chunks = await this.#client.chat.completions.create({ model: 'any', messages, stream: true });
    for await (const chunk of chunks) {
      const text = chunk.choices[0]?.delta.content;
      if (text) onToken(text);
    }
  }
}
