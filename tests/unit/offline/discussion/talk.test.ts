import { describe, expect, it } from 'vitest';
import { builtInRules } from '../../../../src/offline/discussion/fallback.ts';
import { checkDesign } from '../../../../src/modules/designs/design.ts';
import { replyPlanSchema } from '../../../../src/modules/discussion/engine/reply-plan.ts';
import type { Stage } from '../../../../src/modules/discussion/engine/machine.ts';
import { STRATEGIES } from '../../../../src/modules/discussion/engine/proposal.ts';
import { takeTurn } from '../../../../src/modules/discussion/engine/turn.ts';
import {
  afterTurn,
  answering,
  answeringTasks,
  unavailableModel,
  freshState,
  offlineModel,
  talk,
} from '../../../support/structured-models.ts';

const NEED = 'Compare the prices of three EV charging networks for our fleet manager.';

describe('a talk with the OFFLINE model', () => {
  it('goes from a clear need to three designs in one turn', async () => {
    const { turn } = await talk(offlineModel, NEED);
    expect(turn.transitions).toEqual(['DESIGN', 'PRESENT']);
    expect(turn.proposals.map((proposal) => proposal.strategy)).toEqual(STRATEGIES);
    expect(turn.memory.agreedRequirements).toEqual([NEED]);
    expect(turn.memory.openQuestions.length).toBeGreaterThan(0);
    expect(turn).toMatchObject({ selected: null, title: expect.stringContaining('EV charging') });
    expect(turn.replyPlan).toMatchObject({ kind: 'PRESENT', stage: 'PRESENT', userMessage: NEED });
    expect(turn.replyPlan.designs).toHaveLength(3);
  });

  it.each(['hello', '👋', 'report', '안녕하세요'])('asks back after %j', async (text) => {
    const { turn } = await talk(offlineModel, text);
    expect(turn).toMatchObject({ transitions: [], proposals: [], title: null });
    expect(turn.replyPlan).toMatchObject({ kind: 'CLARIFY', stage: 'UNDERSTAND' });
    expect(turn.replyPlan.memory.openQuestions.length).toBeGreaterThan(0);
  });

  it('remembers a vague need until it is clear', async () => {
    const { turn } = await talk(offlineModel, 'report', 'on EV batteries');
    expect(turn.transitions).toEqual(['DESIGN', 'PRESENT']);
    expect(turn.memory.agreedRequirements).toEqual(['report', 'on EV batteries']);
    expect(turn.title).toBe('EV batteries');
  });

  it('answers a question in DEBATE and changes nothing', async () => {
    const { turn } = await talk(offlineModel, NEED, 'Why is the quality one so expensive?');
    expect(turn).toMatchObject({ transitions: ['DEBATE'], proposals: [], selected: null });
    expect(turn.replyPlan).toMatchObject({ kind: 'ANSWER', about: 'QUALITY' });
  });

  it('selects and refines in one sentence', async () => {
    const { turn, before } = await talk(
      offlineModel,
      NEED,
      'take the second one, but add a check of the sources',
    );
    expect(turn).toMatchObject({ transitions: ['REFINE', 'CONFIRM'], selected: 'QUALITY' });
    const [refined, ...others] = turn.proposals;
    expect(others).toEqual([]);
    const old = before.proposals.find((proposal) => proposal.strategy === 'QUALITY')!;
    expect(refined!.design.steps).toHaveLength(old.design.steps.length + 1);
    expect(refined!.changes).toEqual([expect.stringContaining('the sources')]);
    expect(turn.memory.agreedRequirements).toContain('add a check of the sources');
    expect(turn.replyPlan.kind).toBe('CONFIRM');
    expect(turn.replyPlan.designs.filter((card) => card.selected).map((card) => card.strategy)).toEqual([
      'QUALITY',
    ]);
  });

  it('refines all designs while none is chosen, and comes back to PRESENT', async () => {
    const { turn } = await talk(offlineModel, NEED, 'add a check of the sources');
    expect(turn).toMatchObject({ transitions: ['REFINE', 'PRESENT'], selected: null });
    expect(turn.proposals.map((proposal) => proposal.strategy)).toEqual(STRATEGIES);
  });

  it('refines the chosen design when the message names none', async () => {
    const { turn } = await talk(offlineModel, NEED, 'the third one', 'add a check of the sources');
    expect(turn).toMatchObject({ transitions: ['REFINE', 'CONFIRM'], selected: 'BALANCED' });
    expect(turn.proposals.map((proposal) => proposal.strategy)).toEqual(['BALANCED']);
  });

  it('confirms the selected design on a yes', async () => {
    const { turn } = await talk(offlineModel, NEED, 'the balanced one', 'yes');
    expect(turn).toMatchObject({ transitions: ['PLAN'], selected: 'BALANCED', proposals: [] });
    expect(turn.replyPlan).toMatchObject({ kind: 'PLAN', stage: 'PLAN' });
  });

  it('confirms from DEBATE by way of CONFIRM', async () => {
    const { turn } = await talk(
      offlineModel,
      NEED,
      'the balanced one',
      'how long does it take?',
      'ok, go ahead',
    );
    expect(turn.transitions).toEqual(['CONFIRM', 'PLAN']);
  });

  it('asks which one is meant when a yes comes before a choice', async () => {
    const { turn } = await talk(offlineModel, NEED, 'yes');
    expect(turn).toMatchObject({ transitions: [], selected: null });
    expect(turn.replyPlan.kind).toBe('CHOOSE');
  });

  it('does not confirm a design when the yes names another one', async () => {
    const model = answeringTasks({
      'discussion.read': ({ proposals }) => ({
        intents: (proposals as unknown[]).length > 0 ? ['CONFIRM'] : ['DESCRIBE'],
        target: 'SPEED',
        isClear: true,
        memory: {},
      }),
    });
    const { after } = await talk(offlineModel, NEED, 'the balanced one');
    const turn = await takeTurn(model, builtInRules, { ...after, text: 'yes, the fast one' });
    expect(turn).toMatchObject({ transitions: [], selected: 'SPEED' });
    expect(turn.replyPlan.kind).toBe('CONFIRM');
  });

  it('goes on from PLAN: answers there, refines, selects another', async () => {
    const confirmed = [NEED, 'the balanced one', 'yes'] as const;
    expect((await talk(offlineModel, ...confirmed, 'why does it ask me?')).turn.transitions).toEqual([]);
    expect((await talk(offlineModel, ...confirmed, 'yes')).turn.transitions).toEqual([]);
    expect((await talk(offlineModel, ...confirmed, 'drop the approval')).turn.transitions).toEqual([
      'REFINE',
      'CONFIRM',
    ]);
    expect((await talk(offlineModel, ...confirmed, 'take the first one')).turn).toMatchObject({
      transitions: ['CONFIRM'],
      selected: 'SPEED',
    });
  });

  it('starts over with what the message says instead', async () => {
    const { turn } = await talk(
      offlineModel,
      NEED,
      'the first one',
      'forget it all, I need a review of our GDPR compliance',
    );
    expect(turn.transitions).toEqual(['UNDERSTAND', 'DESIGN', 'PRESENT']);
    expect(turn.memory.agreedRequirements).toEqual(['I need a review of our GDPR compliance']);
    expect(turn.selected).toBeNull();
    expect(turn.proposals.map((proposal) => proposal.title).join()).toContain('GDPR compliance');
  });

  it('starts over empty, and does not look back at the designs from before', async () => {
    const { turn, after } = await talk(offlineModel, NEED, 'start over');
    expect(turn).toMatchObject({ transitions: ['UNDERSTAND'], proposals: [], selected: null });
    expect(turn.memory.agreedRequirements).toEqual([]);
    const { proposals } = (await talk(offlineModel, NEED)).after;
    const next = await takeTurn(offlineModel, builtInRules, { ...after, proposals, text: 'the second one' });
    expect(next.replyPlan).toMatchObject({ kind: 'CLARIFY', designs: [] });
  });

  it('speaks the language of the person, also after a word that has none', async () => {
    expect((await talk(offlineModel, '고객 리뷰 데이터를 분석해줘')).turn.replyPlan.language).toBe('ko');
    expect((await talk(offlineModel, '고객 리뷰 데이터를 분석해줘', 'ok')).turn.replyPlan.language).toBe(
      'ko',
    );
    const hinted = await takeTurn(offlineModel, builtInRules, { ...freshState('report'), language: 'de-CH' });
    expect(hinted.replyPlan.language).toBe('de');
    const english = await takeTurn(offlineModel, builtInRules, { ...freshState(NEED), language: 'ko-KR' });
    expect(english.replyPlan.language).toBe('en');
  });

  it('gives a plan that survives storage as JSON', async () => {
    for (const texts of [
      ['hi'],
      [NEED],
      [NEED, 'why?'],
      [NEED, 'the 2nd one'],
      [NEED, 'the 2nd one', 'yes'],
    ]) {
      const { replyPlan } = (await talk(offlineModel, ...texts)).turn;
      expect(replyPlanSchema.parse(JSON.parse(JSON.stringify(replyPlan)))).toEqual(replyPlan);
    }
  });
});

describe('the built-in rules', () => {
  it.each([
    ['is away', unavailableModel],
    ['answers nothing', answering('')],
    ['answers prose', answering('Sorry, I would rather not.')],
    ['answers an empty object', answering('{}')],
    ['answers with a circle of steps', answering(JSON.stringify(circle()))],
    [
      'answers with fields of wrong types',
      answering('{"intents":"SELECT","score":"9","steps":{},"title":7}'),
    ],
  ])('go through a whole talk when the model %s', async (_, model) => {
    let state = freshState(NEED);
    const stages: Stage[] = [];
    for (const text of ['take the second one, but add a check of the sources', 'yes', '']) {
      const turn = await takeTurn(model, builtInRules, state);
      for (const proposal of turn.proposals) expect(checkDesign(proposal.design)).toEqual([]);
      stages.push(...turn.transitions);
      state = afterTurn(state, turn, text);
    }
    expect(stages).toEqual(['DESIGN', 'PRESENT', 'REFINE', 'CONFIRM', 'PLAN']);
  });

  function circle() {
    return {
      title: 'T',
      summary: 'S',
      steps: [
        { key: 'a', agent: 'ANALYZER', title: 'A', dependsOn: ['b'] },
        { key: 'b', agent: 'REPORTER', title: 'B', dependsOn: ['a'] },
      ],
    };
  }
});
