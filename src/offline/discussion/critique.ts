/** A critique from the design's shape alone: what it checks, whom it asks, how wide and how long it is. */
import type { Step } from '../../modules/designs/design.ts';
import { topologicalOrder } from '../../modules/designs/order.ts';
import type { CritiqueFacts } from '../../modules/discussion/engine/critic.ts';
import type { Critique } from '../../modules/discussion/engine/proposal.ts';
import { wordsOf } from '../words/language.ts';

export function critiqueByShape({ draft, memory, costUsd, seconds, language }: CritiqueFacts): Critique {
  const { steps } = draft.design;
  const shape = shapeOf(steps);
  const { critique: words } = wordsOf(language);
  const findings: Finding[] = [
    shape.validators[0]
      ? { strength: words.checked(shape.validators[0].title) }
      : { weakness: words.unchecked((shape.collectors[0] ?? steps[0]!).title), suggestion: words.addCheck },
    shape.collectors.length > 1
      ? { strength: words.wide(shape.collectors.length) }
      : { weakness: words.narrow, suggestion: words.addSource },
    ...shape.asking.map(({ title, approval }) => ({
      strength: approval?.timing === 'AFTER_STEP' ? words.asksAfter(title) : words.asks(title),
    })),
    ...(shape.asking.length === 0 ? [{ weakness: words.nobodyLooks, suggestion: words.addApproval }] : []),
    ...(steps.length <= 4 ? [{ strength: words.small(steps.length, seconds) }] : []),
    ...shape.synthesizers.map((step) => ({ strength: words.merged(step.title) })),
    ...(steps.length >= 6
      ? [{ weakness: words.costly(steps.length, costUsd), suggestion: words.smaller }]
      : []),
    ...(shape.longest >= 5 ? [{ weakness: words.long(shape.longest, seconds) }] : []),
    ...shape.asking.map((step) => ({ weakness: words.waits(step.approval?.timeoutSeconds ?? null) })),
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
    asking: steps.filter((step) => step.approval !== null),
  };
}

function pick(sentences: readonly (string | undefined)[], otherwise: string): string[] {
  const found = sentences.filter((sentence) => sentence !== undefined).slice(0, 3);
  return found.length > 0 ? found : [otherwise];
}

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
