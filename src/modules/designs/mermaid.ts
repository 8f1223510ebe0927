import { AGENT_KINDS } from './agent-kinds.ts';
import type { Design, Step, StepApproval } from './design.ts';

/**
 * A Mermaid flowchart of the steps. Each kind of agent has a shape of its own; a step that asks a person is
 * dashed, with a hand before its title when it asks before it runs, and behind it when it asks about its output. Nodes are named by place (`s0`, `s1`, …), because a key may be a word of Mermaid's own.
 */
export function flowchart(design: Design): string {
  const nodeOf = new Map(design.steps.map((step, index) => [step.key, `s${index}`]));
  const nodes = design.steps.map((step) => `  ${nodeOf.get(step.key)}${shape(step)}`);
  const edges = design.steps.flatMap((step) =>
    step.dependsOn
      .filter((key) => nodeOf.has(key))
      .map((key) => `  ${nodeOf.get(key)} --> ${nodeOf.get(step.key)}`),
  );
  const asking = design.steps.filter((step) => step.approval).map((step) => nodeOf.get(step.key));
  const marks =
    asking.length > 0
      ? ['  classDef approval stroke-dasharray:5 5', `  class ${asking.join(',')} approval`]
      : [];
  return ['flowchart TD', ...nodes, ...edges, ...marks].join('\n');
}

function shape(step: Step): string {
  const [open, close] = AGENT_KINDS[step.agent].shape;
  const title = escapeLabel(step.title);
  return `${open}"${step.approval ? HANDS[step.approval.timing](title) : title}"${close}`;
}

const HANDS = {
  BEFORE_STEP: (title: string) => `✋ ${title}`,
  AFTER_STEP: (title: string) => `${title} ✋`,
} as const satisfies Record<StepApproval['timing'], (title: string) => string>;

/** As Mermaid's own entities, so that no title can end the label, open a tag or start Markdown. */
function escapeLabel(title: string): string {
  return title.replace(/\s+/gu, ' ').replace(/[#&<>"`\\]/g, (character) => `#${character.charCodeAt(0)};`);
}
