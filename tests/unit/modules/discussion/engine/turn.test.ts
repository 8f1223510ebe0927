import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../../../src/core/llm/language-model.ts';
import { AppError } from '../../../../../src/errors.ts';
import {
  assertTransition,
  type Stage,
  STAGES,
} from '../../../../../src/modules/discussion/engine/machine.ts';
import type { DiscussionFallback } from '../../../../../src/modules/discussion/engine/fallback.ts';
import { STRATEGIES } from '../../../../../src/modules/discussion/engine/proposal.ts';
import {
  INTENTS,
  type Intent,
  type ReadingAnswer,
} from '../../../../../src/modules/discussion/engine/read-message.ts';
import { replyPlanSchema } from '../../../../../src/modules/discussion/engine/reply-plan.ts';
import {
  type DiscussionState,
  takeTurn,
  type Turn,
} from '../../../../../src/modules/discussion/engine/turn.ts';
import {
  answeringTasks,
  CRITIQUE_ANSWER,
  designAnswer,
  freshState,
  modelFailing,
  modelReading,
  noRules,
  talk,
} from '../../../../support/structured-models.ts';

const NEED = 'Compare the prices of three EV charging networks for our fleet manager.';

const DESCRIBE: Reading = {
  intents: ['DESCRIBE'],
  title: 'EV charging',
  memory: { ...noChange(), agreed: [NEED], asked: ['How long?'] },
};
const ASK: Reading = { intents: ['ASK'] };
const CONFIRM: Reading = { intents: ['CONFIRM'] };
const REFINE: Reading = { intents: ['REFINE'], change: 'Add a check.' };
const select = (target: Reading['target']): Reading => ({ intents: ['SELECT'], target });

describe('takeTurn', () => {
  it('goes from a clear need to three designs in one turn', async () => {
    const { turn } = await talkWith(DESCRIBE);
    expect(turn.transitions).toEqual(['DESIGN', 'PRESENT']);
    expect(turn.proposals.map((proposal) => proposal.strategy)).toEqual(STRATEGIES);
    expect(turn.memory).toMatchObject({ agreedRequirements: [NEED], openQuestions: ['How long?'] });
    expect(turn).toMatchObject({ selected: null, title: 'EV charging', builtIn: [] });
    expect(turn.replyPlan).toMatchObject({ kind: 'PRESENT', stage: 'PRESENT', readingSource: 'MODEL' });
    expect(turn.replyPlan.designs).toHaveLength(3);
  });

  it('names the conversation by the need where the model gives no title', async () => {
    expect((await talkWith({ ...DESCRIBE, title: null })).turn.title).toBe(NEED);
  });

  it.each<Reading>([
    { intents: ['TALK'], isClear: true },
    { intents: ['DESCRIBE'], isClear: false },
  ])('asks back after %j', async (reading) => {
    const { turn } = await talkWith({ ...reading, memory: { ...noChange(), asked: ['What about?'] } });
    expect(turn).toMatchObject({ transitions: [], proposals: [], title: null });
    expect(turn.replyPlan).toMatchObject({ kind: 'CLARIFY', stage: 'UNDERSTAND' });
    expect(turn.replyPlan.memory.openQuestions).toEqual(['What about?']);
  });

  it('remembers a vague need until it is clear', async () => {
    const agreed = (text: string) => ({ ...noChange(), agreed: [text] });
    const { turn } = await talkWith(
      { intents: ['DESCRIBE'], isClear: false, memory: agreed('A report.') },
      { intents: ['ADD'], title: 'EV batteries', memory: agreed('On EV batteries.') },
    );
    expect(turn.transitions).toEqual(['DESIGN', 'PRESENT']);
    expect(turn.memory.agreedRequirements).toEqual(['A report.', 'On EV batteries.']);
    expect(turn.title).toBe('EV batteries');
  });

  it('answers a question in DEBATE and changes nothing', async () => {
    const { turn } = await talkWith(DESCRIBE, { ...ASK, target: 'QUALITY' });
    expect(turn).toMatchObject({ transitions: ['DEBATE'], proposals: [], selected: null });
    expect(turn.replyPlan).toMatchObject({ kind: 'ANSWER', about: 'QUALITY' });
  });

  it('selects and refines in one message', async () => {
    const both: Reading = { intents: ['SELECT', 'REFINE'], target: 'QUALITY', change: 'Add a check.' };
    const { turn } = await talkWith(DESCRIBE, both);
    expect(turn).toMatchObject({ transitions: ['REFINE', 'CONFIRM'], selected: 'QUALITY' });
    expect(turn.proposals).toMatchObject([
      { strategy: 'QUALITY', source: 'MODEL', changes: ['Changed by the model.'] },
    ]);
    expect(turn.replyPlan.kind).toBe('CONFIRM');
    const selected = turn.replyPlan.designs.filter((design) => design.selected);
    expect(selected.map((design) => design.strategy)).toEqual(['QUALITY']);
  });

  it('refines all designs while none is chosen, and comes back to PRESENT', async () => {
    const { turn } = await talkWith(DESCRIBE, REFINE);
    expect(turn).toMatchObject({ transitions: ['REFINE', 'PRESENT'], selected: null });
    expect(turn.proposals.map((proposal) => proposal.strategy)).toEqual(STRATEGIES);
  });

  it('refines the chosen design when the message names none', async () => {
    const { turn } = await talkWith(DESCRIBE, select('BALANCED'), REFINE);
    expect(turn).toMatchObject({ transitions: ['REFINE', 'CONFIRM'], selected: 'BALANCED' });
    expect(turn.proposals.map((proposal) => proposal.strategy)).toEqual(['BALANCED']);
  });

  it('confirms the selected design', async () => {
    const { turn } = await talkWith(DESCRIBE, select('BALANCED'), CONFIRM);
    expect(turn).toMatchObject({ transitions: ['PLAN'], selected: 'BALANCED', proposals: [] });
    expect(turn.replyPlan).toMatchObject({ kind: 'PLAN', stage: 'PLAN' });
  });

  it('confirms from DEBATE by way of CONFIRM', async () => {
    const { turn } = await talkWith(DESCRIBE, select('BALANCED'), ASK, CONFIRM);
    expect(turn.transitions).toEqual(['CONFIRM', 'PLAN']);
  });

  it('asks which one is meant when a yes comes before a choice', async () => {
    const { turn } = await talkWith(DESCRIBE, CONFIRM);
    expect(turn).toMatchObject({ transitions: [], selected: null });
    expect(turn.replyPlan.kind).toBe('CHOOSE');
  });

  it('selects, and does not confirm, when the yes names another design', async () => {
    const { turn } = await talkWith(DESCRIBE, select('BALANCED'), { ...CONFIRM, target: 'SPEED' });
    expect(turn).toMatchObject({ transitions: [], selected: 'SPEED' });
    expect(turn.replyPlan.kind).toBe('CONFIRM');
  });

  it('goes on from PLAN: answers there, refines, selects another', async () => {
    const confirmed = [DESCRIBE, select('BALANCED'), CONFIRM] as const;
    expect((await talkWith(...confirmed, ASK)).turn.transitions).toEqual([]);
    expect((await talkWith(...confirmed, CONFIRM)).turn.transitions).toEqual([]);
    expect((await talkWith(...confirmed, REFINE)).turn.transitions).toEqual(['REFINE', 'CONFIRM']);
    expect((await talkWith(...confirmed, select('SPEED'))).turn).toMatchObject({
      transitions: ['CONFIRM'],
      selected: 'SPEED',
    });
  });

  it('starts over with what the message says instead', async () => {
    const memory = { ...noChange(), agreed: ['A review of our GDPR compliance.'] };
    const other: Reading = { intents: ['START_OVER', 'DESCRIBE'], memory };
    const { turn } = await talkWith(DESCRIBE, select('SPEED'), other);
    expect(turn.transitions).toEqual(['UNDERSTAND', 'DESIGN', 'PRESENT']);
    expect(turn.memory.agreedRequirements).toEqual(['A review of our GDPR compliance.']);
    expect(turn.selected).toBeNull();
    expect(turn.proposals).toHaveLength(3);
  });

  it('starts over empty, and does not look back at the designs from before', async () => {
    const { turn, after } = await talkWith(DESCRIBE, { intents: ['START_OVER'], isClear: false });
    expect(turn).toMatchObject({ transitions: ['UNDERSTAND'], proposals: [], selected: null });
    expect(turn.memory.agreedRequirements).toEqual([]);
    const { proposals } = (await talkWith(DESCRIBE)).after;
    const vague = modelReading({ ...select('QUALITY'), isClear: false });
    const next = await takeTurn(vague, noRules, { ...after, proposals, text: 'the second one' });
    expect(next.replyPlan).toMatchObject({ kind: 'CLARIFY', designs: [] });
  });

  it('speaks the language of the person, also after a word that has none', async () => {
    const languageAfter = async (...texts: string[]) =>
      (await talk(modelReading(ASK), ...texts)).turn.replyPlan.language;
    expect(await languageAfter('고객 리뷰 데이터를 분석해줘')).toBe('ko');
    expect(await languageAfter('고객 리뷰 데이터를 분석해줘', 'ok')).toBe('ko');
    const hinted = { ...freshState('report'), language: 'de-CH' };
    expect((await takeTurn(modelReading(ASK), noRules, hinted)).replyPlan.language).toBe('de');
    const english = { ...freshState(NEED), language: 'ko-KR' };
    expect((await takeTurn(modelReading(ASK), noRules, english)).replyPlan.language).toBe('en');
  });

  it('gives a plan that survives storage as JSON', async () => {
    const talks = [
      [{ intents: ['TALK'] }],
      [DESCRIBE],
      [DESCRIBE, ASK],
      [DESCRIBE, select('QUALITY')],
      [DESCRIBE, select('QUALITY'), CONFIRM],
    ] satisfies Reading[][];
    for (const readings of talks) {
      const { replyPlan } = (await talkWith(...readings)).turn;
      expect(replyPlanSchema.parse(JSON.parse(JSON.stringify(replyPlan)))).toEqual(replyPlan);
    }
  });
});

describe('takeTurn on the table of stages', () => {
  const cases = STAGES.flatMap((stage) =>
    subsets(INTENTS).map((intents): [Stage, Intent[]] => [stage, intents]),
  );

  it('only ever takes legal steps, whatever the message means and wherever the discussion is', async () => {
    const { after } = await talk(modelReading({ intents: ['DESCRIBE'] }), NEED);
    for (const [stage, intents] of cases) {
      for (const target of ['SPEED', null] as const) {
        const turn = await takeTurn(modelReading({ intents, target }), noRules, stateAt(after, stage));
        expectLegal(stage, turn);
      }
    }
  });

  function stateAt(after: DiscussionState, stage: Stage): DiscussionState {
    const isSelected = stage === 'CONFIRM' || stage === 'PLAN';
    const proposals = after.proposals.map((one) => ({
      ...one,
      selected: isSelected && one.strategy === 'BALANCED',
    }));
    return { ...after, stage, proposals: stage === 'UNDERSTAND' ? [] : proposals, text: 'Do it.' };
  }

  function expectLegal(stage: Stage, turn: Turn) {
    let from = stage;
    for (const to of turn.transitions) {
      expect(() => assertTransition(from, to)).not.toThrow();
      from = to;
    }
    expect(turn.replyPlan.stage).toBe(from);
    if (from === 'CONFIRM' || from === 'PLAN') expect(turn.selected).not.toBeNull();
    if (turn.transitions.includes('PRESENT') && stage !== 'DESIGN') expect(turn.proposals).toHaveLength(3);
  }
});

describe('takeTurn when the model fails', () => {
  const rules: DiscussionFallback = {
    ...noRules,
    read: () => ({ ...emptyReading(), ...DESCRIBE, isClear: true }),
    critique: () => CRITIQUE_ANSWER,
  };

  it('says which parts the built-in rules made, in the turn and in the plan of the reply', async () => {
    const model = answeringTasks({
      'discussion.read': () => 'nothing',
      'discussion.design': ({ strategy }) => designAnswer(strategy as (typeof STRATEGIES)[number]),
      'discussion.critique': ({ draft }) =>
        (draft as { strategy: string }).strategy === 'QUALITY' ? 'nothing' : CRITIQUE_ANSWER,
    });
    const turn = await takeTurn(model, rules, freshState(NEED));
    expect(turn.builtIn).toMatchObject([
      { part: 'READING', strategy: null, failure: { code: 'INVALID_OUTPUT' } },
      { part: 'CRITIQUE', strategy: 'QUALITY', failure: { code: 'INVALID_OUTPUT' } },
    ]);
    expect(turn.proposals.map(({ source, critique }) => [source, critique.source])).toEqual([
      ['MODEL', 'MODEL'],
      ['MODEL', 'BUILT_IN'],
      ['MODEL', 'MODEL'],
    ]);
    expect(turn.replyPlan.readingSource).toBe('BUILT_IN');
    expect(turn.replyPlan.designs.map(({ critique }) => critique.source)).toEqual([
      'MODEL',
      'BUILT_IN',
      'MODEL',
    ]);
  });

  it.each([
    new ModelError('AUTH', 'The key is wrong.'),
    new AppError('BUDGET_EXCEEDED', 'The limit is reached.'),
  ])('stops at %s', async (error) => {
    await expect(takeTurn(modelFailing(error), rules, freshState(NEED))).rejects.toBe(error);
  });

  it('asks no question of its own when the model reads, and asks none', async () => {
    const { turn } = await talkWith({ intents: ['DESCRIBE'], isClear: false });
    expect(turn.replyPlan).toMatchObject({ kind: 'CLARIFY', memory: { openQuestions: [] } });
  });

  it('keeps the source of a design that the turn does not change', async () => {
    const { after } = await talkWith(DESCRIBE);
    const proposals = after.proposals.map((one) => ({ ...one, source: 'BUILT_IN' as const }));
    const turn = await takeTurn(modelReading(ASK), noRules, { ...after, proposals, text: 'Why?' });
    expect(turn.replyPlan.designs.map(({ source }) => source)).toEqual(['BUILT_IN', 'BUILT_IN', 'BUILT_IN']);
    expect(turn.builtIn).toEqual([]);
  });
});

/** One message for each reading. */
function talkWith(...readings: Reading[]) {
  const texts = readings.map((_, index) => (index === 0 ? NEED : `Message ${index + 1}.`));
  return talk(modelReading(...readings), ...texts);
}

function emptyReading(): ReadingAnswer {
  return { intents: ['TALK'], target: null, change: null, isClear: false, title: null, memory: noChange() };
}

function noChange(): ReadingAnswer['memory'] {
  return { agreed: [], withdrawn: [], asked: [], answered: [], preferences: [] };
}

/** One intent, or two in either order. */
function subsets(intents: readonly Intent[]): Intent[][] {
  return intents.flatMap((one) => intents.map((other) => (one === other ? [one] : [one, other])));
}

type Reading = Partial<ReadingAnswer>;
