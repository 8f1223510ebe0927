import { ModelError, type ModelRequest } from '../../src/core/llm/language-model.ts';
import { PriceList } from '../../src/core/llm/price-list.ts';
import type { ModelPrice } from '../../src/core/llm/prices.ts';
import { completeStructured } from '../../src/core/llm/structured/complete-structured.ts';
import type { Catalog } from '../../src/modules/discussion/engine/catalog.ts';
import { EMPTY_MEMORY } from '../../src/modules/discussion/engine/memory.ts';
import { discussionScript } from '../../src/offline/discussion/script.ts';
import type { DiscussionFallback } from '../../src/modules/discussion/engine/fallback.ts';
import { type Draft, STRATEGIES, type Strategy } from '../../src/modules/discussion/engine/proposal.ts';
import type { ReadingAnswer } from '../../src/modules/discussion/engine/read-message.ts';
import type { Prompt, StructuredModel } from '../../src/modules/discussion/engine/structured-model.ts';
import { type DiscussionState, takeTurn, type Turn } from '../../src/modules/discussion/engine/turn.ts';

/** The script of the OFFLINE model, with the same parsing and repair as answers of a real model. */
export const offlineModel: StructuredModel = modelAnswering((request) => {
  const text = discussionScript(request);
  if (text === undefined) throw new Error(`The script has no part named ${request.task.name}`);
  return text;
});

export const unavailableModel = modelFailing(new ModelError('UNAVAILABLE', 'The provider is away.'));

export function modelFailing(error: Error): StructuredModel {
  return { generate: () => Promise.reject(error) };
}

/** A model that answers every task with the same text. */
export function answering(text: string): StructuredModel {
  return modelAnswering(() => text);
}

/** A model that answers some tasks with objects of the test, and the others like the OFFLINE model. */
export function answeringTasks(answers: Answers): StructuredModel {
  return modelAnswering((request) => {
    const answer = answers[request.task.name];
    return answer ? JSON.stringify(answer({ ...request.task.metadata })) : discussionScript(request)!;
  });
}

/** A model whose message readings the test defines, one per turn; the last one repeats. Designs and critiques are plain. */
export function modelReading(...readings: Partial<ReadingAnswer>[]): StructuredModel {
  let turns = 0;
  return answeringTasks({
    'discussion.read': () => {
      const reading = readings[Math.min(turns++, readings.length - 1)];
      return { intents: ['TALK'], isClear: true, memory: {}, ...reading };
    },
    'discussion.design': ({ strategy }) => designAnswer(strategy as Strategy),
    'discussion.refine': ({ draft }) => ({
      ...designAnswer((draft as Draft).strategy),
      changes: ['Changed by the model.'],
    }),
    'discussion.critique': () => CRITIQUE_ANSWER,
  });
}

/** Designs of different widths, so that no two are equal. */
export function designAnswer(strategy: Strategy, step: Record<string, unknown> = {}) {
  const wide = ['one', 'two', 'three'].slice(0, STRATEGIES.indexOf(strategy) + 1);
  return {
    title: `${strategy} by a model`,
    summary: 'It works.',
    steps: [
      ...wide.map((key) => ({ key, agent: 'COLLECTOR', title: key, prompt: 'Collect.', ...step })),
      { key: 'report', agent: 'REPORTER', title: 'Report', dependsOn: wide, ...step },
    ],
  };
}

export const CRITIQUE_ANSWER = { score: 5, strengths: ['s'], weaknesses: ['w'], suggestions: ['u'] };

/** For tests in which the fallback must not be used. */
export const noRules: DiscussionFallback = {
  read: refuse,
  design: refuse,
  refine: refuse,
  critique: refuse,
  reply: refuse,
};

function refuse(): never {
  throw new Error('The built-in rules were used.');
}

export function modelAnswering(answer: (request: ModelRequest) => string): StructuredModel {
  return {
    generate: (task, prompt, schema) =>
      completeStructured({
        schema,
        request: requestOf(task, prompt),
        complete: (request) => Promise.resolve({ text: answer(request), end: 'stop' as const }),
      }),
  };
}

export function requestOf(task: ModelRequest['task'], { user, ...prompt }: Prompt): ModelRequest {
  return { model: 'any', ...prompt, messages: [{ role: 'user', content: user }], task };
}

export function catalogOf(provider: ModelPrice['provider']): Catalog {
  const models = new PriceList().offered(provider);
  return { models, defaultModel: models[0]! };
}

export function freshState(text: string): DiscussionState {
  return {
    stage: 'UNDERSTAND',
    memory: EMPTY_MEMORY,
    proposals: [],
    messages: [],
    text,
    context: null,
    language: null,
    catalog: catalogOf('OFFLINE'),
    usualSteps: new Map(),
  };
}

/** The stored state after a turn, with the next message. */
export function afterTurn(state: DiscussionState, turn: Turn, text: string): DiscussionState {
  const isNew = turn.transitions.includes('UNDERSTAND');
  const proposals = STRATEGIES.flatMap((strategy) => {
    const known = [...turn.proposals, ...(isNew ? [] : state.proposals)];
    const current = known.find((proposal) => proposal.strategy === strategy);
    return current ? [{ ...current, selected: turn.selected === strategy }] : [];
  });
  return {
    ...state,
    stage: turn.transitions.at(-1) ?? state.stage,
    memory: turn.memory,
    proposals,
    messages: [...state.messages, { role: 'USER', content: state.text }],
    text,
  };
}

/** Runs a whole discussion. Returns the last turn and the state after it. */
export async function talk(
  model: StructuredModel,
  ...texts: string[]
): Promise<{ turn: Turn; before: DiscussionState; after: DiscussionState }> {
  let before = freshState(texts[0]!);
  let turn = await takeTurn(model, noRules, before);
  for (const text of texts.slice(1)) {
    before = afterTurn(before, turn, text);
    turn = await takeTurn(model, noRules, before);
  }
  return { turn, before, after: afterTurn(before, turn, '') };
}

type Answers = Record<string, (metadata: Record<string, unknown>) => unknown>;
