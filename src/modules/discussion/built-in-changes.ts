/** Changes to a design that the product understands by itself, from how they are usually put. */
import type { ModelPrice } from '../../core/llm/prices.ts';
import { DEFAULT_MAX_OUTPUT_TOKENS, MAX_STEPS, type Design, type Step } from '../designs/design.ts';
import { ancestors } from '../designs/order.ts';
import { modelTiers, type Catalog } from './catalog.ts';
import { wordingOf, type Wording } from './language.ts';
import { tidy } from './memory.ts';

/** A valid design stays valid. What cannot be read as anything else becomes a step of its own before the last one. */
export function changeDesign(design: Design, change: string, options: ChangeOptions): Changed {
  const wish: Wish = { text: tidy(change, 500), words: WORDS[wordingOf(options.language)], ...options };
  const changed = RULES.filter((rule) => rule.signs.test(change))
    .map((rule) => rule.apply(design, wish))
    .find((result) => result !== null);
  return changed ?? addCustomStep(design, wish);
}

const RULES: readonly Rule[] = [
  {
    signs: /\b(remove|drop|without|delete|skip|leave out|get rid of|take out)\b|빼|제거|없애|삭제|없이/iu,
    apply: removeStep,
  },
  {
    signs:
      /\b(approv\w*|sign[- ]?off|human|a person|ask me|let me (see|check|review|decide))\b|승인|결재|사람이|물어봐/iu,
    apply: askPerson,
  },
  {
    signs:
      /\b(checks?|checking|verif\w*|validat\w*|fact-?check\w*|cross-?check\w*|double-?check\w*|review\w*)\b|검증|검토|확인|점검/iu,
    apply: addCheck,
  },
  {
    signs:
      /\b(cheap\w*|fast\w*|quick\w*|less expensive|lower cost|smaller model)\b|싸게|저렴|빠르|빨리|비용을? 줄/iu,
    apply: (design, wish) => useModel(design, modelTiers(wish.catalog).fast, 0.6, wish.words.faster),
  },
  {
    signs:
      /\b(better|deep\w*|more thorough\w*|stronger|higher quality|more careful\w*)\b|꼼꼼|더 정확|품질|더 깊/iu,
    apply: (design, wish) => useModel(design, modelTiers(wish.catalog).deep, 1.5, wish.words.deeper),
  },
  {
    signs: /\b(sources?|collect\w*|gather\w*|search\w*|data from|look (up|into))\b|수집|출처|자료/iu,
    apply: addCollector,
  },
  {
    signs:
      /\b(korean|english|japanese|chinese|german|french|spanish|language|translat\w*|pages?|words|bullets?|tables?|format|tone|shorter|longer|headings?|title)\b|한국어|영어|일본어|번역|페이지|쪽|표로|형식|말투|짧게|길게|제목/iu,
    apply: instructLastStep,
  },
];

function removeStep(design: Design, { text, words }: Wish): Changed | null {
  if (APPROVAL.test(text)) {
    const asking = design.steps.filter((step) => step.requiresApproval);
    if (asking.length === 0) return { design, changes: [words.nobodyAsked] };
    const steps = design.steps.map((step) => ({ ...step, requiresApproval: false, approvalQuestion: null }));
    return { design: { ...design, steps }, changes: asking.map((step) => words.noApproval(step.title)) };
  }
  const last = lastStep(design);
  const agent = AGENT_WORDS.find(({ signs }) => signs.test(text))?.agent;
  const gone = design.steps.findLast(
    (step) => step !== last && (step.agent === agent || mentions(text, step)),
  );
  if (!gone) return null;
  const steps = design.steps
    .filter((step) => step !== gone)
    .map((step) => {
      if (!step.dependsOn.includes(gone.key)) return step;
      const others = step.dependsOn.filter((key) => key !== gone.key);
      return { ...step, dependsOn: [...new Set([...others, ...gone.dependsOn])] };
    });
  return { design: { ...design, steps }, changes: [words.removed(gone.title)] };
}

function askPerson(design: Design, { text, words }: Wish): Changed {
  const last = lastStep(design);
  const changed: Step = {
    ...last,
    requiresApproval: true,
    approvalQuestion: words.question(last.title, text),
    approvalTimeoutSeconds: last.approvalTimeoutSeconds ?? 24 * 3600,
  };
  return { design: replace(design, last, changed), changes: [words.approval(last.title)] };
}

/** After the collectors, and before everything that uses what they found. */
function addCheck(design: Design, { text, words, catalog }: Wish): Changed | null {
  const collectors = design.steps.filter((step) => step.agent === 'COLLECTOR').map((step) => step.key);
  const checked = collectors.length > 0 ? collectors : lastStep(design).dependsOn;
  const before = new Set(checked.flatMap((key) => [key, ...ancestors(design.steps, key)]));
  const title = words.checkTitle(text);
  const check = newStep(
    design,
    'check',
    'VALIDATOR',
    title,
    words.checkPrompt(text),
    modelTiers(catalog).balanced,
  );
  return insert(
    design,
    { ...check, dependsOn: checked },
    (step) =>
      !before.has(step.key) && (checked.length === 0 || step.dependsOn.some((key) => checked.includes(key))),
    words.added(title),
  );
}

/** Beside the first collector, or at the start. */
function addCollector(design: Design, { text, words, catalog }: Wish): Changed | null {
  const peer = design.steps.find((step) => step.agent === 'COLLECTOR');
  const title = words.collectTitle(text);
  const collector = newStep(
    design,
    'collect',
    'COLLECTOR',
    title,
    words.collectPrompt(text),
    modelTiers(catalog).fast,
  );
  const last = lastStep(design);
  return insert(
    design,
    { ...collector, dependsOn: peer?.dependsOn ?? [] },
    (step) => (peer && peer !== last ? step.dependsOn.includes(peer.key) : step === last),
    words.added(title),
  );
}

function addCustomStep(design: Design, wish: Wish): Changed {
  const { text, words, catalog } = wish;
  const last = lastStep(design);
  const title = words.customTitle(text);
  const custom = newStep(
    design,
    'extra',
    'CUSTOM',
    title,
    words.customPrompt(text),
    modelTiers(catalog).balanced,
  );
  const inserted = insert(
    design,
    { ...custom, dependsOn: last.dependsOn },
    (step) => step === last,
    words.added(title),
  );
  return inserted ?? instructLastStep(design, wish);
}

function instructLastStep(design: Design, { text, words }: Wish): Changed {
  const last = lastStep(design);
  const prompt = [...(last.prompt?.trim() ? [last.prompt] : []), `- ${text}`]
    .join('\n')
    .slice(-MAX_PROMPT)
    .toWellFormed();
  return {
    design: replace(design, last, { ...last, prompt }),
    changes: [words.instructed(last.title, text)],
  };
}

function useModel(
  design: Design,
  { provider, model }: ModelPrice,
  outputTimes: number,
  change: string,
): Changed {
  const steps = design.steps.map((step) => {
    const maxOutputTokens = Math.round((step.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS) * outputTimes);
    return { ...step, provider, model, maxOutputTokens: Math.min(Math.max(maxOutputTokens, 400), 8_000) };
  });
  return { design: { ...design, steps }, changes: [change] };
}

/** Puts a step in and lets the `dependents` wait for it; null when the design is full. */
function insert(
  design: Design,
  step: Step,
  isDependent: (step: Step) => boolean,
  change: string,
): Changed | null {
  if (design.steps.length >= MAX_STEPS) return null;
  const firstDependent = design.steps.findIndex(isDependent);
  if (firstDependent < 0) return null;
  const steps = design.steps.map((one) =>
    isDependent(one) ? { ...one, dependsOn: [...one.dependsOn, step.key] } : one,
  );
  return { design: { ...design, steps: steps.toSpliced(firstDependent, 0, step) }, changes: [change] };
}

function newStep(
  design: Design,
  stem: string,
  agent: Step['agent'],
  title: string,
  prompt: string,
  { provider, model }: ModelPrice,
): Step {
  const taken = new Set(design.steps.map((step) => step.key));
  const numbers = Array.from({ length: MAX_STEPS + 1 }, (_, index) => `${stem}-${index + 2}`);
  return {
    key: [stem, ...numbers].find((key) => !taken.has(key))!,
    agent,
    title,
    prompt,
    dependsOn: [],
    provider,
    model,
    maxOutputTokens: 1_200,
    requiresApproval: false,
    approvalQuestion: null,
    approvalTimeoutSeconds: null,
    onReject: 'FAIL',
  };
}

function replace(design: Design, old: Step, changed: Step): Design {
  return { ...design, steps: design.steps.map((step) => (step === old ? changed : step)) };
}

/** The one step that nothing depends on. */
function lastStep(design: Design): Step {
  const needed = new Set(design.steps.flatMap((step) => step.dependsOn));
  return design.steps.find((step) => !needed.has(step.key))!;
}

function mentions(text: string, step: Step): boolean {
  return text.toLowerCase().includes(step.title.toLowerCase());
}

const MAX_PROMPT = 8_000;
const APPROVAL = /\b(approv\w*|sign[- ]?off|human|person)\b|승인|결재/iu;
const AGENT_WORDS: readonly { signs: RegExp; agent: Step['agent'] }[] = [
  { signs: /\b(check|checks|validat\w*|verif\w*|review)\b|검증|검토|확인|점검/iu, agent: 'VALIDATOR' },
  { signs: /\b(collect\w*|source|sources|search)\b|수집|자료/iu, agent: 'COLLECTOR' },
  { signs: /\b(merg\w*|synthes\w*|combin\w*)\b|종합|통합/iu, agent: 'SYNTHESIZER' },
  { signs: /\b(analy\w*|split\w*)\b|분석|나누기/iu, agent: 'ANALYZER' },
];

const WORDS: Record<Wording, Words> = {
  en: {
    checkTitle: (text) => `Check: ${subject(text)}`,
    checkPrompt: (text) =>
      `Check what was found before it is used. Asked for: “${text}”. Mark each finding as confirmed, doubtful or wrong, with the reason and the source that decides it.`,
    collectTitle: (text) => `Collect: ${subject(text)}`,
    collectPrompt: (text) =>
      `Collect what was asked for: “${text}”. Give every finding with its source and date.`,
    customTitle: (text) => clip(capital(text), 80),
    customPrompt: (text) =>
      `Do this with what the earlier steps found, and pass on what matters to the next one: “${text}”.`,
    question: (title, text) =>
      `“${title}” is about to run. You wanted to decide first: “${text}”. Shall it go on?`,
    added: (title) => `Added the step “${title}”.`,
    removed: (title) => `Removed the step “${title}”; what came after it now follows what came before.`,
    approval: (title) => `A person now decides before “${title}” runs.`,
    noApproval: (title) => `“${title}” no longer waits for a person.`,
    nobodyAsked: 'No step waits for a person, so nothing had to change.',
    instructed: (title, text) => `“${title}” now also follows: ${text}`,
    faster: 'All steps run on the quick model and answer more briefly.',
    deeper: 'All steps run on the strong model and may answer at greater length.',
  },
  ko: {
    checkTitle: (text) => `검증: ${subject(text)}`,
    checkPrompt: (text) =>
      `찾은 내용을 쓰기 전에 검증하세요. 요청: “${text}”. 각 결과를 확인됨, 의심됨, 틀림으로 표시하고 이유와 근거 출처를 적으세요.`,
    collectTitle: (text) => `수집: ${subject(text)}`,
    collectPrompt: (text) => `요청된 내용을 수집하세요: “${text}”. 모든 결과에 출처와 날짜를 붙이세요.`,
    customTitle: (text) => clip(text, 80),
    customPrompt: (text) => `앞 단계의 결과로 다음을 수행하고 중요한 것을 다음 단계로 넘기세요: “${text}”.`,
    question: (title, text) =>
      `“${title}” 단계를 시작하려고 합니다. 먼저 결정하기로 하신 내용: “${text}”. 계속할까요?`,
    added: (title) => `“${title}” 단계를 추가했습니다.`,
    removed: (title) => `“${title}” 단계를 뺐고, 뒤 단계가 앞 단계를 바로 이어받습니다.`,
    approval: (title) => `이제 “${title}” 전에 사람이 결정합니다.`,
    noApproval: (title) => `“${title}” 단계는 더 이상 사람을 기다리지 않습니다.`,
    nobodyAsked: '사람을 기다리는 단계가 없어 바꿀 것이 없었습니다.',
    instructed: (title, text) => `“${title}” 단계가 다음도 따릅니다: ${text}`,
    faster: '모든 단계를 빠른 모델로 바꾸고 답을 더 짧게 합니다.',
    deeper: '모든 단계를 강한 모델로 바꾸고 더 길게 답할 수 있게 합니다.',
  },
};

/** "add a check of the sources" is about "the sources". */
function subject(text: string): string {
  const object = text
    .replace(/^(please\s+)?(also\s+)?(add|include|put in|insert|have|use)\s+/iu, '')
    .replace(/^(an?|one more|another|the)\s+/iu, '')
    .replace(
      /^(extra|second|additional)?\s*(check|step|review|validation|verification|collector|source)s?\s+(of|for|that|to|from|on|which)\s+/iu,
      '',
    )
    .replace(/(을|를|도)?\s*(추가|넣어|포함).*$/u, '');
  return clip(object.trim() || text, 80);
}

function clip(text: string, maxLength: number): string {
  return tidy(text.replace(/[\s.,;:!?]+$/u, ''), maxLength) || '…';
}

function capital(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('');
}

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
  signs: RegExp;
  apply(design: Design, wish: Wish): Changed | null;
}

interface Wish extends ChangeOptions {
  text: string;
  words: Words;
}

interface Words {
  checkTitle(text: string): string;
  checkPrompt(text: string): string;
  collectTitle(text: string): string;
  collectPrompt(text: string): string;
  customTitle(text: string): string;
  customPrompt(text: string): string;
  question(title: string, text: string): string;
  added(title: string): string;
  removed(title: string): string;
  approval(title: string): string;
  noApproval(title: string): string;
  nobodyAsked: string;
  instructed(title: string, text: string): string;
  faster: string;
  deeper: string;
}
