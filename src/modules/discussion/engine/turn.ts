import { estimate } from '../../designs/estimate.ts';
import type { UsualSteps } from '../../designs/usual-steps.ts';
import { type ReplyKind, type ReplyPlan, readableUsd, summaryOf } from './reply-plan.ts';
import { type BuiltInPart, builtInParts } from './built-in.ts';
import { type Catalog, priceOf } from './catalog.ts';
import { critique } from './critic.ts';
import type { DiscussionFallback } from './fallback.ts';
import { type NeedFacts, proposeDesigns, refineDesign } from './designer.ts';
import { type Intent, type Reading, readMessage } from './read-message.ts';
import { languageOf } from './language.ts';
import { path, type Stage } from './machine.ts';
import { EMPTY_MEMORY, type Memory, remember, tidy } from './memory.ts';
import type { ChatMessage } from './prompts.ts';
import { type Draft, type KnownProposal, type Proposal, STRATEGIES, type Strategy } from './proposal.ts';
import { type Generated, type StructuredModel, waitForAll } from './structured-model.ts';

/**
 * Processes one user message: reads it, updates the memory, changes the stage and plans the reply. Stores nothing and
 * writes no reply text.
 * Errors: whatever `generateWithFallback` does not answer with the built-in rules.
 */
export async function takeTurn(
  model: StructuredModel,
  fallback: DiscussionFallback,
  conversation: DiscussionState,
): Promise<Turn> {
  const state = hasDesigns(conversation.stage) ? conversation : { ...conversation, proposals: [] };
  const earlier = state.messages
    .filter((message) => message.role === 'USER')
    .map((message) => message.content);
  const language = languageOf(state.text, earlier, state.language);
  const proposals = state.proposals.map((proposal) => ({ ...proposal, score: proposal.critique.score }));
  const read = await readMessage(model, fallback, { ...state, proposals, language });
  const reading = read.value;

  const startsOver = reading.intents.includes('START_OVER');
  const known = startsOver ? { ...state, memory: EMPTY_MEMORY, proposals: [] } : state;
  const memory = remember(known.memory, reading.memory);
  const builtIn = builtInParts('READING', null, read);
  const turn: TurnState = { model, fallback, state: known, reading, memory, language, startsOver, builtIn };
  return known.proposals.length === 0 ? understand(turn) : react(turn);
}

/** Without designs: makes them, or asks for missing information. */
async function understand(turn: TurnState): Promise<Turn> {
  const { state, reading, startsOver } = turn;
  const start: Stage[] = startsOver ? ['UNDERSTAND'] : [];
  const isTalk = reading.intents.every((intent) => intent === 'TALK' || intent === 'START_OVER');
  if (!isTalk && reading.isClear) {
    return design(turn, path(state.stage, ...start, 'DESIGN', 'PRESENT'));
  }
  return outcomeOf(turn, 'CLARIFY', { transitions: path(state.stage, 'UNDERSTAND') });
}

/** With designs: changes, selects, confirms or discusses them. */
async function react(turn: TurnState): Promise<Turn> {
  const { state, reading } = turn;
  const does = (intent: Intent) => reading.intents.includes(intent);
  const selected = selectedOf(state.proposals);
  const agrees = does('CONFIRM') && selected !== null && (reading.target ?? selected) === selected;
  const stagesAfter: Stage[] = does('CONFIRM') ? ['CONFIRM', 'PLAN'] : ['CONFIRM'];

  if (does('DESCRIBE')) return design(turn, path(state.stage, 'DESIGN', 'PRESENT'));
  if (does('REFINE') || does('ADD')) return refine(turn, reading.target ?? selected, stagesAfter);
  if (does('SELECT')) return choose(turn, stagesAfter);
  if (agrees) {
    const transitions = state.stage === 'PLAN' ? [] : path(state.stage, 'CONFIRM', 'PLAN');
    return outcomeOf(turn, 'PLAN', { transitions });
  }
  if (does('CONFIRM')) return choose(turn, ['CONFIRM']);
  if (does('ASK')) {
    const transitions = state.stage === 'PLAN' ? [] : path(state.stage, 'DEBATE');
    return outcomeOf(turn, 'ANSWER', { transitions });
  }
  return outcomeOf(turn, NEXT_STEP[state.stage] ?? 'CHOOSE', {});
}

/** Small talk changes nothing. The reply repeats the next step. */
const NEXT_STEP: Partial<Record<Stage, ReplyKind>> = { CONFIRM: 'CONFIRM', PLAN: 'PLAN' };

function choose(turn: TurnState, stagesAfter: Stage[]): Turn {
  const { state, reading } = turn;
  if (reading.target === null) return outcomeOf(turn, 'CHOOSE', {});
  const transitions = path(state.stage, ...stagesAfter);
  return outcomeOf(turn, replyKindAt(transitions.at(-1) ?? state.stage), {
    transitions,
    selected: reading.target,
  });
}

async function design(turn: TurnState, transitions: Stage[]): Promise<Turn> {
  const isFirst = turn.state.proposals.length === 0;
  const facts = factsOf(turn);
  const changes = isFirst ? [] : [tidy(turn.state.text)];
  const designs = await proposeDesigns(turn.model, turn.fallback, facts);
  const assessed = await assess(
    turn,
    facts,
    designs.map((one) => ({ ...one, value: { ...one.value, changes } })),
  );
  const title = turn.reading.title || tidy(facts.memory.agreedRequirements[0]!, MAX_TITLE_LENGTH);
  return outcomeOf({ ...turn, memory: facts.memory }, 'PRESENT', {
    ...assessed,
    transitions,
    selected: null,
    title,
  });
}

/** Refines the target design and selects it; without a target, refines all. */
async function refine(turn: TurnState, target: Strategy | null, stagesAfter: Stage[]): Promise<Turn> {
  const { model, fallback, state, reading } = turn;
  const facts = factsOf(turn);
  const chosen = state.proposals.filter((proposal) => target === null || proposal.strategy === target);
  const designs = await waitForAll(
    chosen.map((draft) => refineDesign(model, fallback, { ...facts, draft, change: reading.change })),
  );
  const assessed = await assess(turn, facts, designs);
  const transitions = path(state.stage, 'REFINE', ...(target === null ? ['PRESENT' as const] : stagesAfter));
  return outcomeOf(turn, replyKindAt(transitions.at(-1) ?? state.stage), {
    ...assessed,
    transitions,
    selected: target,
  });
}

/** Adds estimate and critique to each design. */
async function assess(
  { model, fallback, state }: TurnState,
  facts: NeedFacts,
  designs: readonly Generated<Draft>[],
): Promise<Pick<Outcome, 'proposals' | 'builtIn'>> {
  const assessed = await waitForAll(
    designs.map(async (generated) => {
      const draft = generated.value;
      const { costMicros, seconds } = estimateFor(draft, facts, state.usualSteps);
      const costUsd = readableUsd(costMicros);
      const judged = await critique(model, fallback, { ...critiqueFacts(facts), draft, costUsd, seconds });
      const proposal: Proposal = {
        ...draft,
        source: generated.source,
        critique: { ...judged.value, source: judged.source },
        estimatedCostMicros: costMicros,
        estimatedSeconds: seconds,
      };
      const { strategy } = draft;
      const parts = [
        ...builtInParts('DESIGN', strategy, generated),
        ...builtInParts('CRITIQUE', strategy, judged),
      ];
      return { proposal, parts };
    }),
  );
  return {
    proposals: assessed.map(({ proposal }) => proposal),
    builtIn: assessed.flatMap(({ parts }) => parts),
  };
}

function estimateFor({ design: draft }: Draft, { need, catalog }: NeedFacts, usualSteps: UsualSteps) {
  return estimate(draft, { request: need, priceOf: (step) => priceOf(catalog, step), usualSteps });
}

function critiqueFacts({ need, memory, language }: NeedFacts) {
  return { need, memory, language };
}

function outcomeOf(turn: TurnState, kind: ReplyKind, outcome: Partial<Outcome>): Turn {
  const { state, memory, language } = turn;
  const { transitions = [], proposals = [], selected = selectedOf(state.proposals), title = null } = outcome;
  const builtIn = [...turn.builtIn, ...(outcome.builtIn ?? [])];
  const designs = STRATEGIES.flatMap((strategy) => {
    const fresh = proposals.find((proposal) => proposal.strategy === strategy);
    const known = state.proposals.find((proposal) => proposal.strategy === strategy);
    const current = fresh ?? (known && { ...known, changes: [] });
    return current ? [summaryOf({ ...current, selected: strategy === selected })] : [];
  });
  const stage = transitions.at(-1) ?? state.stage;
  const replyPlan: ReplyPlan = {
    kind,
    stage,
    language,
    about: turn.reading.target,
    userMessage: tidy(state.text, 1_000),
    readingSource: turn.builtIn.length > 0 ? 'BUILT_IN' : 'MODEL',
    memory,
    designs,
  };
  return { transitions, memory, proposals, selected, title, builtIn, replyPlan };
}

/** Collects the need. The message counts as agreed when no requirement was extracted. */
function factsOf({ state, memory, language }: TurnState): NeedFacts {
  const agreedRequirements =
    memory.agreedRequirements.length > 0 ? memory.agreedRequirements : [tidy(state.text)];
  const lines =
    state.proposals.length > 0 ? [state.text, ...agreedRequirements] : [...agreedRequirements, state.text];
  return {
    need: lines.join('\n'),
    memory: { ...memory, agreedRequirements },
    language,
    catalog: state.catalog,
    context: state.context,
  };
}

const MAX_TITLE_LENGTH = 80;

/** Designs made before starting over are ignored. */
function hasDesigns(stage: Stage): boolean {
  return stage !== 'UNDERSTAND' && stage !== 'DESIGN';
}

function replyKindAt(stage: Stage): ReplyKind {
  return stage === 'PLAN' || stage === 'CONFIRM' ? stage : 'PRESENT';
}

function selectedOf(proposals: readonly KnownProposal[]): Strategy | null {
  return proposals.find((proposal) => proposal.selected)?.strategy ?? null;
}

export interface DiscussionState {
  stage: Stage;
  memory: Memory;
  /** The newest version of each design, in the order of STRATEGIES; empty before there are any. */
  proposals: readonly KnownProposal[];
  /** Before `text`, oldest first. */
  messages: readonly ChatMessage[];
  text: string;
  context: Readonly<Record<string, unknown>> | null;
  /** What the person's application says, e.g. `ko-KR`. */
  language: string | null;
  catalog: Catalog;
  /** What steps have usually taken in the tenant, for estimates. */
  usualSteps: UsualSteps;
}

export interface Turn extends Outcome {
  memory: Memory;
  /** JSON: `replyPlanSchema` reads it back. */
  replyPlan: ReplyPlan;
}

interface Outcome {
  /** The stages entered, in order; empty when the discussion stays where it is. */
  transitions: Stage[];
  /** New or changed designs: each becomes the next version of its strategy. */
  proposals: Proposal[];
  /** The selected design after this turn. */
  selected: Strategy | null;
  /** A name for the conversation, when its need has just become clear. */
  title: string | null;
  /** What the built-in rules had to make because the model failed. */
  builtIn: BuiltInPart[];
}

interface TurnState {
  model: StructuredModel;
  fallback: DiscussionFallback;
  state: DiscussionState;
  reading: Reading;
  memory: Memory;
  language: string;
  startsOver: boolean;
  /** The reading, if built-in rules made it. */
  builtIn: BuiltInPart[];
}
