import { describe, expect, it } from 'vitest';
import type { Intent } from '../../../../src/modules/discussion/engine/read-message.ts';
import { EMPTY_MEMORY } from '../../../../src/modules/discussion/engine/memory.ts';
import type { Strategy } from '../../../../src/modules/discussion/engine/proposal.ts';
import { readByPatterns } from '../../../../src/offline/discussion/read-message.ts';
import { incomingMessage } from '../../../support/incoming-message.ts';

describe('readByPatterns, before there are designs', () => {
  it.each<[string, Intent[], boolean]>([
    ['hello', ['TALK'], false],
    ['Hi there!', ['TALK'], false],
    ['안녕하세요', ['TALK'], false],
    ['what can you do?', ['TALK'], false],
    ['report', ['DESCRIBE'], false],
    ['Can you help me?', ['DESCRIBE'], false],
    ['I want to build something great', ['DESCRIBE'], false],
    ['보고서 만들어줘', ['DESCRIBE'], false],
    ['🤖🤖🤖', ['DESCRIBE'], false],
    ['Compare CRM vendors', ['DESCRIBE'], true],
    ['Hello! I need a weekly report on the prices of EV chargers.', ['DESCRIBE'], true],
    ['How do our three competitors price their EV chargers?', ['DESCRIBE'], true],
    ['고객 리뷰 데이터를 분석해줘', ['DESCRIBE'], true],
    ['국내 전기차 충전 시장을 조사해서 보고서를 만들어 주세요', ['DESCRIBE'], true],
    ['今日のニュースを要約してください', ['DESCRIBE'], true],
    ['Ich brauche einen Bericht über Elektroautos', ['DESCRIBE'], true],
    ['go ahead', ['DESCRIBE'], false],
    ['Write a guide to baking bread from scratch', ['DESCRIBE'], true],
    ['계약서를 처음부터 끝까지 검토해 주세요', ['DESCRIBE'], true],
  ])('reads %j as %j, clear: %j', (text, intents, isClear) => {
    const reading = readByPatterns(incomingMessage(text, { proposals: [] }));
    expect(reading).toMatchObject({ intents, isClear, target: null });
  });

  it('puts two vague messages together', () => {
    const memory = { ...EMPTY_MEMORY, agreedRequirements: ['report'] };
    const reading = readByPatterns(incomingMessage('on EV batteries', { proposals: [], memory }));
    expect(reading).toMatchObject({ intents: ['ADD'], isClear: true });
  });

  it('asks what is open, and sees what has been answered', () => {
    const first = readByPatterns(incomingMessage('Compare CRM vendors', { proposals: [] }));
    expect(first.memory.asked).toHaveLength(3);
    const memory = {
      ...EMPTY_MEMORY,
      agreedRequirements: ['Compare CRM vendors'],
      openQuestions: first.memory.asked,
    };
    const second = readByPatterns(incomingMessage('It is for our sales team', { proposals: [], memory }));
    expect(second.memory).toMatchObject({ answered: [1], asked: [] });
  });

  it('tells preferences from requirements', () => {
    const text = 'Compare three CRM vendors. I would prefer a cheap solution.';
    const reading = readByPatterns(incomingMessage(text, { proposals: [] }));
    expect(reading.memory.agreed).toEqual(['Compare three CRM vendors.']);
    expect(reading.memory.preferences).toEqual(['I would prefer a cheap solution.']);
  });
});

describe('readByPatterns, once there are designs', () => {
  it.each<[string, Intent[], Strategy | null]>([
    ['the second one', ['SELECT'], 'QUALITY'],
    ['2', ['SELECT'], 'QUALITY'],
    ['option 3 please', ['SELECT'], 'BALANCED'],
    ['#1', ['SELECT'], 'SPEED'],
    ['I will take the last one', ['SELECT'], 'BALANCED'],
    ['go with the balanced one', ['SELECT'], 'BALANCED'],
    ['I prefer the fast design.', ['SELECT'], 'SPEED'],
    ['Great, let us go for quality', ['SELECT'], 'QUALITY'],
    ['Could we take the first one?', ['SELECT'], 'SPEED'],
    ['I like the Thorough study: EV chargers', ['SELECT'], 'QUALITY'],
    ['take the recommended one', ['SELECT'], 'QUALITY'],
    ['take the first one and go ahead', ['SELECT', 'CONFIRM'], 'SPEED'],
    ['두 번째로 할게요', ['SELECT'], 'QUALITY'],
    ['3번', ['SELECT'], 'BALANCED'],
    ['균형 잡힌 걸로 가자', ['SELECT'], 'BALANCED'],
    ['빠른 안으로 선택할게', ['SELECT'], 'SPEED'],

    ['take the second one, but add a check of the sources', ['SELECT', 'REFINE'], 'QUALITY'],
    ['두 번째로 하고 출처 검증을 추가해줘', ['SELECT', 'REFINE'], 'QUALITY'],
    ['I think one source is enough here, two would be a waste of time', ['ASK'], null],
    ['add a quality check', ['REFINE'], null],
    ['Can you add a step that translates it?', ['REFINE'], null],
    ['make the fast one also check the sources', ['REFINE'], 'SPEED'],
    ['make it cheaper', ['REFINE'], null],
    ['yes, but drop the approval', ['REFINE'], null],
    ['승인 단계를 빼줘', ['REFINE'], null],
    ['더 빠른 모델로 바꿔줘', ['REFINE'], null],
    ['출처 검증을 추가해 주실 수 있나요?', ['REFINE'], null],

    ['yes', ['CONFIRM'], null],
    ['OK, looks good', ['CONFIRM'], null],
    ['Please confirm it', ['CONFIRM'], null],
    ['네 좋아요', ['CONFIRM'], null],
    ['이대로 확정합시다', ['CONFIRM'], null],

    ['Why is the quality one so expensive?', ['ASK'], 'QUALITY'],
    ['what about the approval?', ['ASK'], null],
    ['which one would you take', ['ASK'], null],
    ['What if we drop the check?', ['ASK'], null],
    ['I model it is too expensive', ['ASK'], null],
    ["no, I don't trust that", ['ASK'], null],
    ['왜 이렇게 비싼가요?', ['ASK'], null],
    ['세 개의 차이를 설명해 주세요', ['ASK'], null],

    ['The report must name its sources in a table of its own', ['ADD'], null],
    ['The readers are the board members of the company', ['ADD'], null],
    ["don't forget that the board reads this report", ['ASK'], null],
    ['thanks!', ['TALK'], null],
    ['고마워요', ['TALK'], null],

    ["let's start over", ['START_OVER'], null],
    ['forget it all. I need a review of our GDPR compliance instead', ['START_OVER', 'DESCRIBE'], null],
    ['처음부터 다시 하자', ['START_OVER'], null],
  ])('reads %j as %j of %j', (text, intents, target) => {
    expect(readByPatterns(incomingMessage(text))).toMatchObject({
      intents,
      target,
    });
  });

  it('takes the wish out of the sentence around it', () => {
    const reading = readByPatterns(incomingMessage('take the second one, but add a check of the sources'));
    expect(reading.change).toBe('add a check of the sources');
    const korean = readByPatterns(incomingMessage('두 번째로 하고 출처 검증을 추가해줘'));
    expect(korean.change).toBe('출처 검증을 추가해줘');
  });

  it('keeps the polarity of a wish', () => {
    const reading = readByPatterns(incomingMessage("please don't add any approvals"));
    expect(reading.change).toBe("don't add any approvals");
  });
});

describe('the patterns', () => {
  it.each([
    ['spaces', ' '],
    ['line breaks', '\n'],
    ['greetings', 'hi '],
    ['commas', ','],
    ['Korean connectives', '하고 '],
    ['quotes', '"'],
    ['dots', '. '],
    ['one word', 'a'],
  ])('read 20,000 characters of %s in no time', (_, piece) => {
    const text = `${piece.repeat(20_000).slice(0, 19_990)} add a b`;
    const startedAt = performance.now();
    readByPatterns(incomingMessage(text));
    readByPatterns(incomingMessage(text, { proposals: [] }));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
