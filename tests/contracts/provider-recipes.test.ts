import fs from 'node:fs';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildLlm } from '../../src/build/llm.ts';
import { readConfig } from '../../src/config/config.ts';
import { ModelError, type ModelRequest, type ModelStreamPart } from '../../src/core/llm/language-model.ts';
import { createLogger } from '../../src/infra/logger.ts';
import type { Route } from '../../src/core/llm/model-router.ts';
import { collect, completeStructured } from '../../src/core/llm/structured/complete-structured.ts';
import { ScriptedProvider } from '../support/scripted-provider.ts';
import { PRODUCTS, USAGE } from './product-servers.ts';

const PAGE = fs.readFileSync('docs/providers.md', 'utf8');
const TEXT = 'Five lines about rain, 데이터 😀.';

/** Each recipe of the page as it stands there, but for the address, against a server that speaks as the product does. */
describe.each(PRODUCTS)('the recipe for $recipe', (product) => {
  const server = new ScriptedProvider();
  beforeAll(() => server.start());
  afterAll(() => server.stop());
  beforeEach(() => server.reset());

  const route = () => routeOf(recipeAt(server.url, product.recipe));

  it('calls its model as the default', async () => {
    server.answer = (response, request) => product.answer(response, request, TEXT);
    const parts = await Array.fromAsync(stream(await route()));
    expect(textOf(parts)).toBe(TEXT);
    expect(parts.at(-1)).toEqual({ type: 'end', reason: 'stop' });
    expect(parts.findLast((part) => part.type === 'usage')).toMatchObject({ usage: USAGE });

    const { path, headers, body } = server.requests.at(-1)!;
    expect(path).toMatch(product.path);
    expect(`${path} ${body}`).toContain(product.sentModel);
    expect((await route()).model).toBe(product.model);
    if (product.key) expect(headers[product.key.header]).toBe(product.key.value);
    else expect(headers).not.toHaveProperty('authorization');
  });

  it('gets a structured answer', async () => {
    const schema = z.object({ title: z.string(), lines: z.array(z.string()) });
    const wanted = { title: 'Rain', lines: ['drop', 'by drop'] };
    server.answer = (response, request) => product.answer(response, request, JSON.stringify(wanted));
    const used = await route();
    const given = await completeStructured({
      complete: (request) => collect(stream(used, request)),
      request: requestFor(used),
      schema,
    });
    expect(given).toEqual(wanted);
  });

  it('says what is wrong, in the words of the server, and without the key', async () => {
    server.answer = (response) => product.failure.fail(response);
    const error = await Array.fromAsync(stream(await route())).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ code: product.failure.code });
    expect((error as ModelError).message).toMatch(product.failure.words);
    if (product.key) expect((error as ModelError).message).not.toContain(product.key.value);
  });
});

describe('the page', () => {
  it('has a test for each recipe', () => {
    const [, recipes = ''] = /^## Recipes$(.*?)^## /ms.exec(PAGE) ?? [];
    const names = [...recipes.matchAll(/^### (.*)$/gm)].map((match) => match[1]);
    expect(names).toEqual(PRODUCTS.map(({ recipe }) => recipe));
  });
});

/** The settings of a recipe, with the address of the test's server. */
function recipeAt(url: string, recipe: string): NodeJS.Dict<string> {
  const [, block = ''] = new RegExp(`^### ${recipe}\n.*?^\`\`\`sh\n(.*?)^\`\`\``, 'ms').exec(PAGE) ?? [];
  const settings = parseEnv(block);
  const [provider] = Object.keys(settings).flatMap((name) => /^([A-Z]+)_API_KEY$/.exec(name)?.[1] ?? []);
  if (provider) return { ...settings, [`${provider}_BASE_URL`]: provider === 'OPENAI' ? `${url}/v1` : url };
  const servers = settings['OPENAI_COMPATIBLE_SERVERS']?.replace(/(?<="baseUrl": ")https?:\/\/[^/"]+/, url);
  return { ...settings, OPENAI_COMPATIBLE_SERVERS: servers };
}

async function routeOf(settings: NodeJS.Dict<string>): Promise<Route> {
  const config = readConfig({ NODE_ENV: 'test', ...settings });
  const { router } = buildLlm(config, {}, { logger: createLogger('silent') });
  const [route] = await router.resolve({}, { tenantId: 'any', userId: 'any' });
  return route!;
}

function stream(route: Route, request = requestFor(route)): AsyncIterable<ModelStreamPart> {
  return route.languageModel.stream(request, new AbortController().signal);
}

function requestFor({ model, price: { thinkingTokens } }: Route): ModelRequest {
  return {
    model,
    ...(thinkingTokens === undefined ? {} : { thinkingTokens }),
    system: 'You are brief.',
    messages: [{ role: 'user', content: 'Write about rain. {"title": …, "lines": […]}' }],
    maxOutputTokens: 200,
    task: { name: 'test', metadata: {} },
  };
}

function textOf(parts: ModelStreamPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
