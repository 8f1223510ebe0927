/** Changes to a design that the product understands by itself, from how they are usually put. */
import type { ModelPrice } from '../../core/llm/prices.ts';
import { type Design, maxOutputTokensOf, type Step } from '../../modules/designs/design.ts';
import { uniqueKey, insertStep, lastStep, removeStep, replaceStep } from '../../modules/designs/edit.ts';
import { ancestors } from '../../modules/designs/order.ts';
import { wordsOf } from '../words/language.ts';
import type { ChangeWords, Task } from '../words/words.ts';
import { type Catalog, modelTiers, type Tier } from '../../modules/discussion/engine/catalog.ts';
import { tidy } from '../../modules/discussion/engine/memory.ts';

/** A valid design stays valid. What cannot be read as anything else becomes a step of its own before the last one. */
export function changeDesign(design: Design, change: string, { language, catalog }: ChangeOptions): Changed {
  const wish: ChangeRequest = {
    text: tidy(change, 500),
    words: wordsOf(language).changes,
    tiers: modelTiers(catalog),
  };
  const changed = RULES.filter((rule) => rule.pattern.test(change))
    .map((rule) => rule.apply(design, wish))
    .find((result) => result !== null);
  return changed ?? addCustomStep(design, wish);
}

/** The first rule that fits and can be applied. */
const RULES: readonly Rule[] = [
  {
    pattern:
      /\b(don't|don’t|do not|no need|remove|drop|without|delete|skip|leave out|get rid of|take out)\b|빼|제거|없애|삭제|없이/iu,
    apply: takeAway,
  },
  {
    pattern:
      /\b(approv\w*|sign[- ]?off|human|a person|ask me|let me (see|check|review|decide))\b|승인|결재|사람이|물어봐/iu,
    apply: askPerson,
  },
  {
    pattern:
      /\b(checks?|checking|verif\w*|validat\w*|fact-?check\w*|cross-?check\w*|double-?check\w*|review\w*)\b|검증|검토|확인|점검/iu,
    apply: addCheck,
  },
  {
    pattern:
      /\b(cheap\w*|fast\w*|quick\w*|less expensive|lower cost|smaller model)\b|싸게|저렴|빠르|빨리|비용을? 줄/iu,
    apply: (design, { tiers, words }) => useModel(design, tiers.fast, 0.6, words.faster),
  },
  {
    pattern:
      /\b(better|deep\w*|more thorough\w*|stronger|higher quality|more careful\w*)\b|꼼꼼|더 정확|품질|더 깊/iu,
    apply: (design, { tiers, words }) => useModel(design, tiers.deep, 1.5, words.deeper),
  },
  {
    pattern: /\b(sources?|collect\w*|gather\w*|search\w*|data from|look (up|into))\b|수집|출처|자료/iu,
    apply: addCollector,
  },
  {
    pattern:
      /\b(korean|english|japanese|chinese|german|french|spanish|language|translat\w*|pages?|words|bullets?|tables?|format|tone|shorter|longer|headings?|title)\b|한국어|영어|일본어|번역|페이지|쪽|표로|형식|말투|짧게|길게|제목/iu,
    apply: instructLastStep,
  },
];

/** An approval, or the step that is meant. */
function takeAway(design: Design, { text, words }: ChangeRequest): Changed | null {
  if (APPROVAL.test(text)) {
    const asking = design.steps.filter((step) => step.approval);
    if (asking.length === 0) return { design, changes: [words.nobodyAsked] };
    const steps = design.steps.map((step) => ({ ...step, approval: null }));
    return { design: { ...design, steps }, changes: asking.map((step) => words.noApproval(step.title)) };
  }
  const last = lastStep(design);
  const agent = AGENT_PATTERNS.find(({ pattern }) => pattern.test(text))?.agent;
  const gone = design.steps.findLast(
    (step) => step !== last && (step.agent === agent || mentions(text, step)),
  );
  return gone ? { design: removeStep(design, gone), changes: [words.removed(gone.title)] } : null;
}

function askPerson(design: Design, { text, words }: ChangeRequest): Changed {
  const last = lastStep(design);
  const isAfter = WRITTEN.test(text);
  const changed: Step = {
    ...last,
    approval: {
      timing: isAfter ? 'AFTER_STEP' : 'BEFORE_STEP',
      question: isAfter ? words.questionAfter(last.title, text) : words.question(last.title, text),
      timeoutSeconds: last.approval?.timeoutSeconds ?? 24 * 3600,
      onReject: last.approval?.onReject ?? 'FAIL',
    },
  };
  const change = isAfter ? words.approvalAfter(last.title) : words.approval(last.title);
  return { design: replaceStep(design, last, changed), changes: [change] };
}

/** After the collectors, and before everything that uses what they found. */
function addCheck(design: Design, { text, words, tiers }: ChangeRequest): Changed | null {
  const collectors = design.steps.filter((step) => step.agent === 'COLLECTOR').map((step) => step.key);
  const checked = collectors.length > 0 ? collectors : lastStep(design).dependsOn;
  const earlier = new Set(checked.flatMap((key) => [key, ...ancestors(design.steps, key)]));
  const uses = (step: Step) => checked.length === 0 || step.dependsOn.some((key) => checked.includes(key));
  const check = newStep(design, 'check', 'VALIDATOR', words.check(objectOf(text), text), tiers.balanced);
  return added(
    design,
    { ...check, dependsOn: checked },
    (step) => !earlier.has(step.key) && uses(step),
    words,
  );
}

/** Beside the first collector, or at the start. */
function addCollector(design: Design, { text, words, tiers }: ChangeRequest): Changed | null {
  const last = lastStep(design);
  const peer = design.steps.find((step) => step.agent === 'COLLECTOR');
  const collector = newStep(design, 'collect', 'COLLECTOR', words.collect(objectOf(text), text), tiers.fast);
  return added(
    design,
    { ...collector, dependsOn: peer?.dependsOn ?? [] },
    (step) => (peer && peer !== last ? step.dependsOn.includes(peer.key) : step === last),
    words,
  );
}

function addCustomStep(design: Design, wish: ChangeRequest): Changed {
  const { text, words, tiers } = wish;
  const last = lastStep(design);
  const custom = newStep(
    design,
    'extra',
    'CUSTOM',
    words.custom(clip(text.charAt(0).toUpperCase() + text.slice(1)), text),
    tiers.balanced,
  );
  const changed = added(design, { ...custom, dependsOn: last.dependsOn }, (step) => step === last, words);
  return changed ?? instructLastStep(design, wish);
}

function instructLastStep(design: Design, { text, words }: ChangeRequest): Changed {
  const last = lastStep(design);
  const prompt = [...(last.prompt?.trim() ? [last.prompt] : []), `- ${text}`].join('\n');
  const changed = { ...last, prompt: prompt.slice(-MAX_PROMPT_LENGTH).toWellFormed() };
  return { design: replaceStep(design, last, changed), changes: [words.instructed(last.title, text)] };
}

function useModel(
  design: Design,
  { provider, model }: ModelPrice,
  outputTimes: number,
  change: string,
): Changed {
  const steps = design.steps.map((step) => {
    const maxOutputTokens = Math.round(maxOutputTokensOf(step) * outputTimes);
    return { ...step, provider, model, maxOutputTokens: Math.min(Math.max(maxOutputTokens, 400), 8_000) };
  });
  return { design: { ...design, steps }, changes: [change] };
}

function added(
  design: Design,
  step: Step,
  isDependent: (step: Step) => boolean,
  words: ChangeWords,
): Changed | null {
  const changed = insertStep(design, step, isDependent);
  return changed && { design: changed, changes: [words.added(step.title)] };
}

function newStep(
  design: Design,
  stem: string,
  agent: Step['agent'],
  { title, prompt }: Task,
  { provider, model }: ModelPrice,
): Step {
  return {
    key: uniqueKey(design, stem),
    agent,
    title,
    prompt,
    dependsOn: [],
    provider,
    model,
    maxOutputTokens: 1_200,
    approval: null,
  };
}

/** "add a check of the sources" is about "the sources". */
function objectOf(text: string): string {
  const object = text
    .replace(/^(please\s+)?(also\s+)?(add|include|put in|insert|have|use)\s+/iu, '')
    .replace(/^(an?|one more|another|the)\s+/iu, '')
    .replace(
      /^(extra|second|additional)?\s*(check|step|review|validation|verification|collector|source)s?\s+(of|for|that|to|from|on|which)\s+/iu,
      '',
    )
    .replace(/\s*(검증|검토|확인|점검|수집)?\s*(을|를|도)?\s*(추가|넣어|포함).*$/u, '');
  return clip(object.trim() || text);
}

function clip(text: string): string {
  return tidy(text.replace(/[\s.,;:!?]+$/u, ''), MAX_TITLE_LENGTH) || '…';
}

const MAX_TITLE_LENGTH = 80;

function mentions(text: string, step: Step): boolean {
  return text.toLowerCase().includes(step.title.toLowerCase());
}

const MAX_PROMPT_LENGTH = 8_000;
const APPROVAL = /\b(approv\w*|sign[- ]?off|human|person)\b|승인|결재/iu;
/** What is written is to be looked at, and not what will be. */
const WRITTEN =
  /\b(?:final|finished|written|drafts?|outputs?)\b|\bbefore (?:it|they|this|anything|the \w+) (?:is|are|goes|gets) (?:sent|out|mailed|published|delivered)\b|초안|결과물|완성|보내기 전/iu;
const AGENT_PATTERNS: readonly { pattern: RegExp; agent: Step['agent'] }[] = [
  { pattern: /\b(check|checks|validat\w*|verif\w*|review)\b|검증|검토|확인|점검/iu, agent: 'VALIDATOR' },
  { pattern: /\b(collect\w*|source|sources|search)\b|수집|자료/iu, agent: 'COLLECTOR' },
  { pattern: /\b(merg\w*|synthes\w*|combin\w*)\b|종합|통합/iu, agent: 'SYNTHESIZER' },
  { pattern: /\b(analy\w*|split\w*)\b|분석|나누기/iu, agent: 'ANALYZER' },
];

export interface ChangeOptions {
  language: string;
  catalog: Catalog;
}

export interface Changed {
  design: Design;
  /** What changed, one sentence each. */
  changes: string[];
}

interface Rule {
  pattern: RegExp;
  /** Null when there is nothing here to apply it to. */
  apply(design: Design, wish: ChangeRequest): Changed | null;
}

interface ChangeRequest {
  text: string;
  words: ChangeWords;
  tiers: Record<Tier, ModelPrice>;
}
