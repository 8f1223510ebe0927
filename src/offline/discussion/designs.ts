/** The three designs that the product makes by itself: where a model gave none that works, and for the OFFLINE model. */
import type { ModelPrice } from '../../core/llm/prices.ts';
import type { Step, StepApproval } from '../../modules/designs/design.ts';
import { wordsOf } from '../words/language.ts';
import type { Aspects, DesignWords, Task } from '../words/words.ts';
import { aspectOf } from './research-aspects.ts';
import { modelTiers, type Catalog, type Tier } from '../../modules/discussion/engine/catalog.ts';
import { subjectOf } from './request-parsing.ts';
import type { Draft, Strategy } from '../../modules/discussion/engine/proposal.ts';

export function builtInDesign(strategy: Strategy, request: BuiltInRequest): Draft {
  const words = wordsOf(request.language);
  const subject = subjectOf(request.need) || words.designs.yourRequest;
  const { steps, title, summary } = MAKERS[strategy]({
    words: words.designs,
    subject,
    requirements: request.requirements.slice(0, MAX_REQUIREMENTS_IN_PROMPT),
    aspects: words.aspects[aspectOf(request.need)],
    tiers: modelTiers(request.catalog),
  });
  return { strategy, title, summary, design: { steps, requireDifferentApprover: false }, changes: [] };
}

/** One line of small models: an answer soon, nothing checked. */
function speed({ words, subject, requirements, aspects, tiers }: Parts): Made {
  const steps = [
    step('analyze', 'ANALYZER', words.analyze(subject), [], tiers.fast, 600),
    step('collect', 'COLLECTOR', words.collect(subject, aspects.first), ['analyze'], tiers.fast, 1_000),
    step(
      'report',
      'REPORTER',
      reportTask(words, subject, words.shortForm, requirements),
      ['collect'],
      tiers.fast,
      1_000,
    ),
  ];
  return { steps, title: words.speedTitle(subject), summary: words.speedSummary(aspects.first) };
}

/** Two sides at once on small models, judged and written by the default one after a person has looked. */
function balanced({ words, subject, requirements, aspects, tiers }: Parts): Made {
  const report = reportTask(words, subject, words.normalForm, requirements);
  const steps = [
    step('analyze', 'ANALYZER', words.analyze(subject), [], tiers.fast, 800),
    step('collect-one', 'COLLECTOR', words.collect(subject, aspects.first), ['analyze'], tiers.fast, 1_200),
    step('collect-two', 'COLLECTOR', words.collect(subject, aspects.second), ['analyze'], tiers.fast, 1_200),
    step(
      'synthesize',
      'SYNTHESIZER',
      words.merge(subject),
      ['collect-one', 'collect-two'],
      tiers.balanced,
      1_500,
    ),
    {
      ...step('report', 'REPORTER', report, ['synthesize'], tiers.balanced, 1_800),
      approval: approval('BEFORE_STEP', words.approveFindings(subject), 1),
    },
  ];
  return {
    steps,
    title: words.balancedTitle(subject),
    summary: words.balancedSummary(aspects.first, aspects.second),
  };
}

/** Both sides collected and checked apart, on the strongest model, with a person who approves the report. */
function quality({ words, subject, requirements, aspects, tiers }: Parts): Made {
  const report = reportTask(words, subject, words.fullForm, requirements);
  const steps = [
    step('analyze', 'ANALYZER', words.analyze(subject), [], tiers.deep, 1_200),
    step(
      'collect-one',
      'COLLECTOR',
      words.collect(subject, aspects.first),
      ['analyze'],
      tiers.balanced,
      2_000,
    ),
    step(
      'collect-two',
      'COLLECTOR',
      words.collect(subject, aspects.second),
      ['analyze'],
      tiers.balanced,
      2_000,
    ),
    step('check-one', 'VALIDATOR', words.check(subject, aspects.check), ['collect-one'], tiers.deep, 1_200),
    step(
      'check-two',
      'VALIDATOR',
      words.challenge(subject, aspects.second),
      ['collect-two'],
      tiers.deep,
      1_200,
    ),
    step('synthesize', 'SYNTHESIZER', words.merge(subject), ['check-one', 'check-two'], tiers.deep, 2_000),
    {
      ...step('report', 'REPORTER', report, ['synthesize'], tiers.deep, 2_500),
      approval: approval('AFTER_STEP', words.approveReport(subject), 3),
    },
  ];
  return { steps, title: words.qualityTitle(subject), summary: words.qualitySummary(aspects.check) };
}

const MAKERS: Record<Strategy, (parts: Parts) => Made> = {
  SPEED: speed,
  BALANCED: balanced,
  QUALITY: quality,
};

function step(
  key: string,
  agent: Step['agent'],
  { title, prompt }: Task,
  dependsOn: string[],
  { provider, model }: ModelPrice,
  maxOutputTokens: number,
): Step {
  return {
    key,
    agent,
    title,
    prompt,
    dependsOn,
    provider,
    model,
    maxOutputTokens,
    approval: null,
  };
}

function approval(timing: StepApproval['timing'], question: string, days: number): StepApproval {
  return { timing, question, timeoutSeconds: days * 24 * 3600, onReject: 'FAIL' };
}

const MAX_REQUIREMENTS_IN_PROMPT = 10;

function reportTask(
  words: DesignWords,
  subject: string,
  form: string,
  requirements: readonly string[],
): Task {
  const { title, prompt } = words.report(subject, form);
  const list = requirements.map((one) => `- ${one}`);
  return { title, prompt: [prompt, ...(list.length > 0 ? [words.mustMeet, ...list] : [])].join('\n') };
}

export interface BuiltInRequest {
  need: string;
  requirements: readonly string[];
  language: string;
  catalog: Catalog;
}

interface Parts {
  words: DesignWords;
  subject: string;
  requirements: readonly string[];
  aspects: Aspects;
  tiers: Record<Tier, ModelPrice>;
}

interface Made {
  steps: Step[];
  title: string;
  summary: string;
}
