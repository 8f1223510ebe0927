import { estimateTokens } from '../../../core/llm/tokens.ts';
import { estimate } from '../../designs/estimate.ts';
import { type ReplyKind, type ReplyPlan, readableUsd, summaryOf } from './reply-plan.ts';
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
import type { StructuredModel } from './structured-model.ts';

/**
 * One message and what becomes of it: it is read, remembered, and moves the discussion along the table of
 * stages. Nothing is stored and nothing is said yet; the reply is written from its plan.
 * Errors: whatever `model` throws that is not the model's own failure.
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
  const reading = await readMessage(model, fallback, { ...state, proposals, language });

  const startsOver = reading.intents.includes('START_OVER');
  const known = startsOver ? { ...state, memory: EMPTY_MEMORY, proposals: [] } : state;
  const memory = remember(known.memory, reading.memory);
  const turn: TurnState = { model, fallback, state: known, reading, memory, language, startsOver };
  return known.proposals.length === 0 ? understand(turn) : react(turn);
}

/** There are no designs yet, or no more: make them, or ask for what is missing. */
async function understand(turn: TurnState): Promise<Turn> {
  const { state, reading, startsOver } = turn;
  const start: Stage[] = startsOver ? ['UNDERSTAND'] : [];
  const isTalk = reading.intents.every((intent) => intent === 'TALK' || intent === 'START_OVER');
  if (!isTalk && reading.isClear) {
    return design(turn, path(state.stage, ...start, 'DESIGN', 'PRESENT'));
  }
  const { openQuestions } = turn.memory;
  const questions = openQuestions.length > 0 ? openQuestions : turn.fallback.clarify(turn.language);
  const asking = { ...turn, memory: { ...turn.memory, openQuestions: questions } };
  return outcomeOf(asking, 'CLARIFY', { transitions: path(state.stage, 'UNDERSTAND') });
}

/** There are designs: the message changes, chooses, settles or debates them. */
async function react(turn: TurnState): Promise<Turn> {
  const { state, reading } = turn;
  const does = (intent: Intent) => reading.intents.includes(intent);
  const selected = selectedOf(state.proposals);
  const agrees = does('CONFIRM') && selected !== null && (reading.target ?? selected) === selected;
  const settles: Stage[] = does('CONFIRM') ? ['CONFIRM', 'PLAN'] : ['CONFIRM'];

  if (does('DESCRIBE')) return design(turn, path(state.stage, 'DESIGN', 'PRESENT'));
  if (does('REFINE') || does('ADD')) return refine(turn, reading.target ?? selected, settles);
  if (does('SELECT')) return choose(turn, settles);
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

/** Small talk changes nothing; the reply comes back to what is next. */
const NEXT_STEP: Partial<Record<Stage, ReplyKind>> = { CONFIRM: 'CONFIRM', PLAN: 'PLAN' };

function choose(turn: TurnState, settles: Stage[]): Turn {
  const { state, reading } = turn;
  if (reading.target === null) return outcomeOf(turn, 'CHOOSE', {});
  const transitions = path(state.stage, ...settles);
  return outcomeOf(turn, replyKindAt(transitions.at(-1) ?? state.stage), {
    transitions,
    selected: reading.target,
  });
}

async function design(turn: TurnState, transitions: Stage[]): Promise<Turn> {
  const isFirst = turn.state.proposals.length === 0;
  const facts = factsOf(turn);
  const drafts = await proposeDesigns(turn.model, turn.fallback, facts);
  const changes = isFirst ? [] : [tidy(turn.state.text)];
  const proposals = await assess(
    turn,
    facts,
    drafts.map((draft) => ({ ...draft, changes })),
  );
  const title = turn.reading.title || turn.fallback.title(facts.need);
  return outcomeOf({ ...turn, memory: facts.memory }, 'PRESENT', {
    transitions,
    proposals,
    selected: null,
    title,
  });
}

/** One design when it is clear which, and then it is the chosen one; else all of them. */
async function refine(turn: TurnState, target: Strategy | null, settles: Stage[]): Promise<Turn> {
  const { state, reading } = turn;
  const facts = factsOf(turn);
  const chosen = state.proposals.filter((proposal) => target === null || proposal.strategy === target);
  const drafts = await Promise.all(
    chosen.map((draft) =>
      refineDesign(turn.model, turn.fallback, { ...facts, draft, change: reading.change }),
    ),
  );
  const proposals = await assess(turn, facts, drafts);
  const transitions = path(state.stage, 'REFINE', ...(target === null ? ['PRESENT' as const] : settles));
  return outcomeOf(turn, replyKindAt(transitions.at(-1) ?? state.stage), {
    transitions,
    proposals,
    selected: target,
  });
}

/** What each design costs and takes, and what is to be said for and against it. */
function assess(
  turn: TurnState,
  { need, memory, language, catalog }: NeedFacts,
  drafts: Draft[],
): Promise<Proposal[]> {
  const inputTokens = estimateTokens(need);
  return Promise.all(
    drafts.map(async (draft) => {
      const { costMicros, seconds } = estimate(draft.design, {
        inputTokens,
        priceOf: (step) => priceOf(catalog, step),
      });
      const costUsd = readableUsd(costMicros);
      return {
        ...draft,
        critique: await critique(turn.model, turn.fallback, {
          need,
          memory,
          draft,
          costUsd,
          seconds,
          language,
        }),
        estimatedCostMicros: costMicros,
        estimatedSeconds: seconds,
      };
    }),
  );
}

function outcomeOf(turn: TurnState, kind: ReplyKind, outcome: Partial<Outcome>): Turn {
  const { state, memory, language } = turn;
  const { transitions = [], proposals = [], selected = selectedOf(state.proposals), title = null } = outcome;
  const designs = STRATEGIES.flatMap((strategy) => {
    const fresh = proposals.find((proposal) => proposal.strategy === strategy);
    const known = state.proposals.find((proposal) => proposal.strategy === strategy);
    const current = fresh ?? (known && { ...known, changes: [] });
    return current ? [summaryOf({ ...current, selected: strategy === selected })] : [];
  });
  const stage = transitions.at(-1) ?? state.stage;
  const about = turn.reading.target;
  const replyPlan: ReplyPlan = {
    kind,
    stage,
    language,
    about,
    said: tidy(state.text, 1_000),
    memory,
    designs,
  };
  return { transitions, memory, proposals, selected, title, replyPlan };
}

/** Everything that is known about the need. What the person wrote counts as agreed where nothing was read out of it. */
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

/** Designs from before a new start are history. */
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
}

interface TurnState {
  model: StructuredModel;
  fallback: DiscussionFallback;
  state: DiscussionState;
  reading: Reading;
  memory: Memory;
  language: string;
  startsOver: boolean;
}
