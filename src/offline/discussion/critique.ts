/** A critique from the design's shape alone: what it checks, whom it asks, how wide and how long it is. */
import type { Step } from '../../modules/designs/design.ts';
import { topologicalOrder } from '../../modules/designs/order.ts';
import type { CritiqueFacts } from '../../modules/discussion/engine/critic.ts';
import type { Critique } from '../../modules/discussion/engine/proposal.ts';
import { type Wording, wordingOf } from '../../modules/discussion/engine/language.ts';

export function critiqueByShape({ draft, memory, costUsd, seconds, language }: CritiqueFacts): Critique {
  const { steps } = draft.design;
  const shape = shapeOf(steps);
  const words = WORDS[wordingOf(language)];
  const findings: Finding[] = [
    shape.validators[0]
      ? { strength: words.checked(shape.validators[0].title) }
      : { weakness: words.unchecked((shape.collectors[0] ?? steps[0]!).title), suggestion: words.addCheck },
    shape.collectors.length > 1
      ? { strength: words.wide(shape.collectors.length) }
      : { weakness: words.narrow, suggestion: words.addSource },
    ...shape.asking.map((step) => ({ strength: words.asks(step.title) })),
    ...(shape.asking.length === 0 ? [{ weakness: words.nobodyLooks, suggestion: words.addApproval }] : []),
    ...(steps.length <= 4 ? [{ strength: words.small(steps.length, seconds) }] : []),
    ...shape.synthesizers.map((step) => ({ strength: words.merged(step.title) })),
    ...(steps.length >= 6
      ? [{ weakness: words.costly(steps.length, costUsd), suggestion: words.smaller }]
      : []),
    ...(shape.longest >= 5 ? [{ weakness: words.long(shape.longest, seconds) }] : []),
    ...shape.asking.map((step) => ({ weakness: words.waits(step) })),
  ];
  return {
    score: scoreOf(shape, memory.preferences.join(' ')),
    strengths: pick(
      findings.map((finding) => finding.strength),
      words.runs(steps.length),
    ),
    weaknesses: pick(
      findings.map((finding) => finding.weakness),
      words.untried,
    ),
    suggestions: pick(
      findings.map((finding) => finding.suggestion),
      words.tryFirst,
    ),
  };
}

/** A design that only answers is a 6; what makes the answer reliable lifts it, as far as the person wants that. */
function scoreOf(shape: Shape, preferences: string): number {
  const wantsSpeed = /\b(fast|quick|speed|cheap|soon|simple|budget)|빠르|빠른|속도|저렴|간단/iu.test(
    preferences,
  );
  const wantsDepth = /\b(thorough|deep|quality|reliable|accura|careful)|꼼꼼|정확|품질|신뢰|깊/iu.test(
    preferences,
  );
  const reliability =
    (shape.validators.length > 0 ? 1 : 0) +
    (shape.collectors.length > 1 ? 1 : 0) +
    (shape.asking.length > 0 ? 1 : 0);
  const fit =
    (wantsSpeed ? (shape.count <= 4 ? 2 : shape.count >= 6 ? -1 : 0) : 0) +
    (wantsDepth && reliability < 2 ? -1 : 0);
  const bulk = shape.count > 10 || shape.longest > 7 ? -1 : 0;
  return Math.min(10, Math.max(1, 6 + reliability + fit + bulk));
}

function shapeOf(steps: Step[]): Shape {
  const depth = new Map<string, number>();
  for (const step of topologicalOrder(steps)) {
    depth.set(step.key, 1 + Math.max(0, ...step.dependsOn.map((key) => depth.get(key)!)));
  }
  const of = (agent: Step['agent']) => steps.filter((step) => step.agent === agent);
  return {
    count: steps.length,
    longest: Math.max(...depth.values()),
    collectors: of('COLLECTOR'),
    validators: of('VALIDATOR'),
    synthesizers: of('SYNTHESIZER'),
    asking: steps.filter((step) => step.requiresApproval),
  };
}

function pick(sentences: readonly (string | undefined)[], otherwise: string): string[] {
  const found = sentences.filter((sentence) => sentence !== undefined).slice(0, 3);
  return found.length > 0 ? found : [otherwise];
}

const WORDS: Record<Wording, Words> = {
  en: {
    checked: (title) => `Weak findings are stopped on their way to the report by “${title}”.`,
    unchecked: (title) =>
      `Nothing checks what “${title}” delivers; an error there goes straight into the report.`,
    addCheck: 'Add a check of the sources before the report.',
    wide: (count) => `${count} collectors work at the same time, so the wider view costs hardly any time.`,
    narrow: 'It looks from one side only: what that side does not show is missing from the report.',
    addSource: 'Add a second collector for an independent view.',
    asks: (title) => `A person decides before “${title}”, while a change of course is still cheap.`,
    waits: ({ approvalTimeoutSeconds }) =>
      approvalTimeoutSeconds === null
        ? 'The run stands still until somebody answers the approval.'
        : `The run stands still until the approval is answered, and ends without an answer after ${Math.round(approvalTimeoutSeconds / 3600)} hours.`,
    nobodyLooks:
      'Nobody sees the findings before the report is finished, so a misunderstanding shows only at the end.',
    addApproval: 'Ask for an approval before the report.',
    small: (count, seconds) =>
      `Only ${count} steps: little can go wrong, and there is an answer after about ${seconds} seconds.`,
    merged: (title) => `Contradictions are settled in “${title}” and not left to the reader.`,
    long: (longest, seconds) =>
      `${longest} steps wait for each other, about ${seconds} seconds in all; one slow step holds up the rest.`,
    costly: (count, costUsd) =>
      `${count} calls cost about $${costUsd} a run, which adds up when it runs often.`,
    smaller: 'Let the collectors run on a smaller model; judgement is needed in the later steps only.',
    runs: (count) => `The ${count} steps have a clear order and one result.`,
    untried: 'It has not been tried on real material yet.',
    tryFirst: 'Run it once on a small part of the material first.',
  },
  ko: {
    checked: (title) => `약한 결과가 보고서에 들어가기 전에 “${title}” 단계에서 걸러집니다.`,
    unchecked: (title) => `“${title}”의 결과를 아무도 검증하지 않아 오류가 그대로 보고서에 들어갑니다.`,
    addCheck: '보고서 전에 출처 검증을 추가하세요.',
    wide: (count) => `수집기 ${count}개가 동시에 일해 넓게 보면서도 시간이 거의 늘지 않습니다.`,
    narrow: '한쪽에서만 보므로 그쪽에 드러나지 않는 것은 보고서에서 빠집니다.',
    addSource: '독립된 시각을 위해 두 번째 수집기를 추가하세요.',
    asks: (title) => `“${title}” 전에 사람이 결정하므로 방향을 바꾸기에 늦지 않습니다.`,
    waits: ({ approvalTimeoutSeconds }) =>
      approvalTimeoutSeconds === null
        ? '승인에 답할 때까지 실행이 멈춰 있습니다.'
        : `승인에 답할 때까지 실행이 멈추고, ${Math.round(approvalTimeoutSeconds / 3600)}시간 안에 답이 없으면 끝납니다.`,
    nobodyLooks: '보고서가 끝날 때까지 아무도 결과를 보지 않아 오해가 마지막에야 드러납니다.',
    addApproval: '보고서 전에 승인을 받도록 하세요.',
    small: (count, seconds) => `${count}단계뿐이라 잘못될 일이 적고 약 ${seconds}초 뒤에 답이 나옵니다.`,
    merged: (title) => `서로 어긋나는 점을 독자에게 넘기지 않고 “${title}”에서 정리합니다.`,
    long: (longest, seconds) =>
      `${longest}단계가 차례로 기다려 모두 약 ${seconds}초가 걸리고, 한 단계가 느리면 전체가 늦어집니다.`,
    costly: (count, costUsd) =>
      `호출 ${count}번에 한 번 실행할 때 약 $${costUsd}가 들어 자주 돌리면 부담이 됩니다.`,
    smaller: '수집은 더 작은 모델로 하세요. 판단은 뒤 단계에서만 필요합니다.',
    runs: (count) => `${count}단계의 순서가 분명하고 결과가 하나입니다.`,
    untried: '아직 실제 자료로 시험해 보지 않았습니다.',
    tryFirst: '먼저 자료의 일부로 한 번 실행해 보세요.',
  },
};

interface Finding {
  strength?: string;
  weakness?: string;
  suggestion?: string;
}

interface Shape {
  count: number;
  /** Steps on the longest way through. */
  longest: number;
  collectors: Step[];
  validators: Step[];
  synthesizers: Step[];
  asking: Step[];
}

interface Words {
  checked(title: string): string;
  unchecked(title: string): string;
  addCheck: string;
  wide(count: number): string;
  narrow: string;
  addSource: string;
  asks(title: string): string;
  waits(step: Step): string;
  nobodyLooks: string;
  addApproval: string;
  small(count: number, seconds: number): string;
  merged(title: string): string;
  long(longest: number, seconds: number): string;
  costly(count: number, costUsd: string): string;
  smaller: string;
  runs(count: number): string;
  untried: string;
  tryFirst: string;
}
