/** What it costs to check and read an answer: the CPU of reading one through the adapter, and with its SDK alone. */
import { Anthropic } from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { ModelRequest } from '../src/core/llm/language-model.ts';
import { openAiChat } from '../src/core/llm/providers/openai-chat.ts';
import { defineProvider } from '../src/core/llm/providers/provider.ts';
import { KEYED_PROVIDERS } from '../src/core/llm/providers/registry.ts';
import type { Goal, Report } from '../tools/report.ts';
import { median } from '../tools/statistics.ts';
import { startServer } from './support/running-server.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

export async function benchWire({ rounds, quick }: { rounds: number; quick: boolean }): Promise<Report> {
  const tokens = quick ? 100 : TOKENS;
  using folder = temporaryFolder();
  await using server = await startServer({
    script: 'bench/support/provider-streams.ts',
    folder: folder.path,
  });
  const cases = casesAt(server.url, `${tokens} tokens`);
  for (const { ways } of cases) for (const read of Object.values(ways)) await measure(read, tokens, quick);
  for (let round = 0; round < rounds * TURNS; round++) {
    for (const { ways, found } of cases) {
      for (const way of ['sdk', 'adapter'] as const) found[way].push(await measure(ways[way], tokens, quick));
    }
  }
  return reportOf(cases, tokens);
}

/** CPU of this process in microseconds a token; the server is another process. */
async function measure(read: Read, tokens: number, quick: boolean): Promise<number> {
  const answers = quick ? 1 : ANSWERS;
  const before = process.cpuUsage();
  for (let answer = 0; answer < answers; answer++) {
    const text = await read();
    if (!text.endsWith(`token${tokens - 1} `)) throw new Error(`an answer ends with ${text.slice(-20)}`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (answers * tokens);
}

function casesAt(url: string, prompt: string): Case[] {
  const access = { apiKey: 'any', baseUrl: url };
  const openAi = { ...access, baseUrl: `${url}/v1` };
  const chat = defineProvider({ title: 'chat', description: '', baseUrl: openAi.baseUrl, ...openAiChat });
  const adapters = {
    'OpenAI Responses': KEYED_PROVIDERS.OPENAI.create(openAi),
    'OpenAI chat': chat.create(openAi),
    Anthropic: KEYED_PROVIDERS.ANTHROPIC.create(access),
    Google: KEYED_PROVIDERS.GOOGLE.create(access),
  };
  const request: ModelRequest = {
    model: 'any',
    system: '',
    messages: [{ role: 'user', content: prompt }],
    maxOutputTokens: 10_000,
    task: { name: 'bench', metadata: {} },
  };
  const sdks: Record<keyof typeof adapters, Read> = {
    'OpenAI Responses': responsesReader(url, prompt),
    'OpenAI chat': chatReader(url, prompt),
    Anthropic: anthropicReader(url, prompt),
    Google: googleReader(url, prompt),
  };
  return (Object.keys(adapters) as (keyof typeof adapters)[]).map((name) => {
    const adapter = () =>
      joined(adapters[name].stream(request, new AbortController().signal), (part) =>
        part.type === 'text' ? part.text : '',
      );
    return { name, ways: { sdk: sdks[name], adapter }, found: { sdk: [], adapter: [] } };
  });
}

function responsesReader(url: string, input: string): Read {
  const client = new OpenAI({ apiKey: 'any', baseURL: `${url}/v1`, maxRetries: 0 });
  return async () =>
    joined(await client.responses.create({ model: 'any', input, stream: true }), (event) =>
      event.type === 'response.output_text.delta' ? event.delta : '',
    );
}

function chatReader(url: string, content: string): Read {
  const client = new OpenAI({ apiKey: 'any', baseURL: `${url}/v1`, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content }];
  return async () =>
    joined(
      await client.chat.completions.create({ model: 'any', messages, stream: true }),
      (chunk) => chunk.choices[0]?.delta.content ?? '',
    );
}

function anthropicReader(url: string, content: string): Read {
  const client = new Anthropic({ apiKey: 'any', baseURL: url, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content }];
  return async () =>
    joined(
      await client.messages.create({ model: 'any', messages, max_tokens: 10_000, stream: true }),
      (event) =>
        event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
    );
}

function googleReader(baseUrl: string, contents: string): Read {
  const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl, apiVersion: 'v1beta' } });
  return async () =>
    joined(
      await client.models.generateContentStream({ model: 'any', contents }),
      (chunk) => chunk.candidates?.[0]?.content?.parts?.[0]?.text ?? '',
    );
}

async function joined<T>(parts: AsyncIterable<T>, textOf: (part: T) => string): Promise<string> {
  let text = '';
  for await (const part of parts) text += textOf(part);
  return text;
}

function reportOf(cases: readonly Case[], tokens: number): Report {
  const results = cases.map(({ name, found }) => {
    const [sdk, adapter] = [median(found.sdk), median(found.adapter)];
    return { name, sdk, adapter, ratio: adapter / sdk };
  });
  return {
    title: `wire: CPU of reading an answer of ${tokens} tokens, each an event`,
    tables: [
      {
        columns: ['protocol', 'the SDK alone, a token', 'the adapter, a token', 'ratio'],
        rows: results.map(({ name, sdk, adapter, ratio }) => [
          name,
          `${sdk.toFixed(1)} µs`,
          `${adapter.toFixed(1)} µs`,
          `${ratio.toFixed(2)} ×`,
        ]),
      },
    ],
    goals: results.map(
      ({ name, ratio }): Goal => ({
        what: `wire: ${name}, adapter beside its SDK`,
        goal: '≤ 1.1 ×',
        measured: `${ratio.toFixed(2)} ×`,
        met: ratio <= 1.1,
      }),
    ),
  };
}

const TOKENS = 2_000;
const ANSWERS = 5;
/** The ways take turns often, so that another process disturbs both. */
const TURNS = 5;

type Read = () => Promise<string>;

interface Case {
  name: string;
  ways: { sdk: Read; adapter: Read };
  found: { sdk: number[]; adapter: number[] };
}
