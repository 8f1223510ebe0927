/** The three designs that the product makes by itself: where a model gave none that works, and for the OFFLINE model. */
import type { ModelPrice } from '../../core/llm/prices.ts';
import type { Step } from '../../modules/designs/design.ts';
import { aspectsOf } from './research-aspects.ts';
import { modelTiers, type Catalog, type Tier } from '../../modules/discussion/engine/catalog.ts';
import { wordingOf, type Wording } from '../../modules/discussion/engine/language.ts';
import { subjectOf } from './request-parsing.ts';
import type { Draft, Strategy } from '../../modules/discussion/engine/proposal.ts';

export function builtInDesign(strategy: Strategy, request: BuiltInRequest): Draft {
  const words = WORDS[wordingOf(request.language)];
  const subject = subjectOf(request.need) || words.yourRequest;
  const { steps, title, summary } = MAKERS[strategy]({
    words,
    subject,
    requirements: request.requirements.slice(0, MAX_REQUIREMENTS_IN_PROMPT),
    aspects: aspectsOf(request.need, wordingOf(request.language)),
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
      words.report(subject, words.shortForm, requirements),
      ['collect'],
      tiers.fast,
      1_000,
    ),
  ];
  return { steps, title: words.speedTitle(subject), summary: words.speedSummary(aspects.first) };
}

/** Two sides at once on small models, judged and written by the default one after a person has looked. */
function balanced({ words, subject, requirements, aspects, tiers }: Parts): Made {
  const report = words.report(subject, words.normalForm, requirements);
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
      ...approval(words.approveFindings(subject), 1),
    },
  ];
  return {
    steps,
    title: words.balancedTitle(subject),
    summary: words.balancedSummary(aspects.first, aspects.second),
  };
}

/** Both sides collected and checked apart, on the strongest model, with a person before the report. */
function quality({ words, subject, requirements, aspects, tiers }: Parts): Made {
  const report = words.report(subject, words.fullForm, requirements);
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
      ...approval(words.approveArgument(subject), 3),
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
    requiresApproval: false,
    approvalQuestion: null,
    approvalTimeoutSeconds: null,
    onReject: 'FAIL',
  };
}

function approval(question: string, days: number) {
  return { requiresApproval: true, approvalQuestion: question, approvalTimeoutSeconds: days * 24 * 3600 };
}

const MAX_REQUIREMENTS_IN_PROMPT = 10;

const WORDS: Record<Wording, Words> = {
  en: {
    yourRequest: 'your request',
    shortForm: 'Half a page at most: the answer first, then the three facts that carry it.',
    normalForm:
      'One to two pages: a summary of five lines, the findings by topic, a recommendation, and what is still open.',
    fullForm:
      'A full report: a summary, the findings by topic with their evidence, the disagreements and how they were settled, risks, a recommendation, and the list of sources.',
    analyze: (subject) => ({
      title: 'Split the request into questions',
      prompt: `Split the request about “${subject}” into the questions that its reader needs answered. For each one say what would count as a good answer. Name what is unclear, and the assumption you make about it.`,
    }),
    collect: (subject, angle) => ({
      title: `Collect ${angle}`,
      prompt: `On “${subject}”, collect ${angle}. Give every finding with its source and date. Say also what you looked for and did not find.`,
    }),
    check: (subject, check) => ({
      title: `Check ${check}`,
      prompt: `Go through the findings on “${subject}” and check ${check}. Mark each finding as confirmed, doubtful or wrong, with the reason, and drop none silently.`,
    }),
    challenge: (subject, angle) => ({
      title: `Challenge the findings on ${angle}`,
      prompt: `Take the position of a critical reader of what was found on “${subject}” (${angle}). Which finding would not stand, what was left out, and what speaks for the opposite?`,
    }),
    merge: (subject) => ({
      title: 'Merge the findings into one line of argument',
      prompt: `Merge the findings on “${subject}” into one line of argument. Where they disagree, say so, and which side has the better evidence. Keep the source of each statement.`,
    }),
    report: (subject, form, requirements) => ({
      title: 'Write the report',
      prompt: withRequirements(
        `Write the report on “${subject}” in Markdown. ${form}`,
        'It must meet:',
        requirements,
      ),
    }),
    approveFindings: (subject) =>
      `The findings on “${subject}” are merged. Do they cover what you need, so that the report can be written from them?`,
    approveArgument: (subject) =>
      `The findings on “${subject}” have been checked and the contradictions settled. Do you agree with the line of argument before the full report is written?`,
    speedTitle: (subject) => `Quick answer: ${subject}`,
    speedSummary: (first) =>
      `Three steps in a row on a small model: split the question, collect ${first}, report. The first usable answer at the lowest cost; nothing is checked twice.`,
    balancedTitle: (subject) => `Balanced brief: ${subject}`,
    balancedSummary: (first, second) =>
      `Two collectors work at the same time, on ${first} and on ${second}; the findings are merged and you approve them before the report is written.`,
    qualityTitle: (subject) => `Thorough study: ${subject}`,
    qualitySummary: (check) =>
      `Both sides are collected apart and each goes through a check of its own (${check}) on a strong model; you approve the argument before the full report.`,
  },
  ko: {
    yourRequest: '요청하신 내용',
    shortForm: '반 쪽 이내: 먼저 답을 쓰고, 그 근거가 되는 사실 세 가지를 적습니다.',
    normalForm: '한두 쪽: 다섯 줄 요약, 주제별 결과, 권고, 남은 문제를 적습니다.',
    fullForm:
      '전체 보고서: 요약, 근거를 붙인 주제별 결과, 의견이 갈린 점과 그 정리, 위험, 권고, 출처 목록을 적습니다.',
    analyze: (subject) => ({
      title: '질문 나누기',
      prompt: `“${subject}”에 대한 요청을 독자가 답을 얻어야 할 질문들로 나누세요. 질문마다 무엇이 좋은 답인지 적고, 불분명한 점과 그에 대한 가정을 밝히세요.`,
    }),
    collect: (subject, angle) => ({
      title: `수집: ${angle}`,
      prompt: `“${subject}”에 관해 다음을 수집하세요: ${angle}. 모든 결과에 출처와 날짜를 붙이고, 찾았지만 없었던 것도 적으세요.`,
    }),
    check: (subject, check) => ({
      title: `검증: ${check}`,
      prompt: `“${subject}”에 관한 결과를 하나씩 보며 다음을 검증하세요: ${check}. 각 결과를 확인됨, 의심됨, 틀림으로 표시하고 이유를 적으세요. 말없이 빼지 마세요.`,
    }),
    challenge: (subject, angle) => ({
      title: `반론 찾기: ${angle}`,
      prompt: `“${subject}”에 관해 찾은 내용(${angle})을 비판적인 독자의 눈으로 보세요. 어떤 결과가 무너질 수 있고, 무엇이 빠졌으며, 반대편의 근거는 무엇인가요?`,
    }),
    merge: (subject) => ({
      title: '결과를 하나의 논지로 종합',
      prompt: `“${subject}”에 관한 결과를 하나의 논지로 종합하세요. 서로 어긋나는 곳은 밝히고 어느 쪽의 근거가 나은지 적으세요. 진술마다 출처를 유지하세요.`,
    }),
    report: (subject, form, requirements) => ({
      title: '보고서 작성',
      prompt: withRequirements(
        `“${subject}”에 관한 보고서를 Markdown으로 쓰세요. ${form}`,
        '지켜야 할 요구사항:',
        requirements,
      ),
    }),
    approveFindings: (subject) =>
      `“${subject}”에 관한 결과가 종합되었습니다. 이 내용으로 보고서를 써도 될까요?`,
    approveArgument: (subject) =>
      `“${subject}”에 관한 결과를 검증하고 어긋나는 점을 정리했습니다. 전체 보고서를 쓰기 전에 이 논지에 동의하시나요?`,
    speedTitle: (subject) => `빠른 답변: ${subject}`,
    speedSummary: (first) =>
      `작은 모델로 세 단계를 차례로 진행합니다: 질문 나누기, ${first} 수집, 보고. 가장 적은 비용으로 먼저 쓸 만한 답을 얻지만 따로 검증하지는 않습니다.`,
    balancedTitle: (subject) => `균형 잡힌 보고: ${subject}`,
    balancedSummary: (first, second) =>
      `두 수집기가 동시에 일합니다(${first} / ${second}). 결과를 종합한 뒤 승인을 받고 보고서를 씁니다.`,
    qualityTitle: (subject) => `심층 연구: ${subject}`,
    qualitySummary: (check) =>
      `두 방향을 따로 수집하고 강한 모델로 각각 검증합니다(${check}). 논지를 승인하신 뒤 전체 보고서를 씁니다.`,
  },
};

function withRequirements(prompt: string, lead: string, requirements: readonly string[]): string {
  return [prompt, ...(requirements.length > 0 ? [lead, ...requirements.map((one) => `- ${one}`)] : [])].join(
    '\n',
  );
}

export interface BuiltInRequest {
  need: string;
  requirements: readonly string[];
  language: string;
  catalog: Catalog;
}

interface Parts {
  words: Words;
  subject: string;
  requirements: readonly string[];
  aspects: ReturnType<typeof aspectsOf>;
  tiers: Record<Tier, ModelPrice>;
}

interface Made {
  steps: Step[];
  title: string;
  summary: string;
}

interface Task {
  title: string;
  prompt: string;
}

interface Words {
  yourRequest: string;
  shortForm: string;
  normalForm: string;
  fullForm: string;
  analyze(subject: string): Task;
  collect(subject: string, angle: string): Task;
  check(subject: string, check: string): Task;
  challenge(subject: string, angle: string): Task;
  merge(subject: string): Task;
  report(subject: string, form: string, requirements: readonly string[]): Task;
  approveFindings(subject: string): string;
  approveArgument(subject: string): string;
  speedTitle(subject: string): string;
  speedSummary(first: string): string;
  balancedTitle(subject: string): string;
  balancedSummary(first: string, second: string): string;
  qualityTitle(subject: string): string;
  qualitySummary(check: string): string;
}
