import type { Starter } from './starter.ts';

export const competitorDigest: Starter = {
  id: 'starter-competitor-digest',
  name: { en: 'Competitor digest', ko: '경쟁사 동향 요약' },
  description: {
    en: 'What your competitors have done lately and what it means for you, with a source for every statement. You look at the findings before the digest is written. Say in the request who you are and what day it is, and name up to five pages to read.',
    ko: '경쟁사의 최근 움직임과 그 의미를 출처와 함께 정리합니다. 요약을 쓰기 전에 결과를 직접 확인합니다. 요청에 우리 회사 소개와 오늘 날짜, 읽을 페이지 주소를 다섯 개까지 적어 주세요.',
  },
  inputs: [
    {
      name: 'competitors',
      title: { en: 'Competitors', ko: '경쟁사' },
      description: { en: 'Names of the companies or products.', ko: '회사나 제품의 이름.' },
      defaultValue: null,
    },
    {
      name: 'period',
      title: { en: 'Period', ko: '기간' },
      description: { en: 'The time to look at.', ko: '살펴볼 기간.' },
      defaultValue: { en: 'the last 30 days', ko: '최근 30일' },
    },
  ],
  steps: [
    {
      key: 'questions',
      agent: 'ANALYZER',
      title: { en: 'Questions to answer', ko: '답할 질문' },
      prompt:
        'List what a product manager of the company in the request needs to know about {{competitors}} in {{period}}: releases, prices, customers, partners, people, funding, and how they present themselves. At most seven questions. For each say which finding would make us act.',
      maxOutputTokens: 900,
    },
    {
      key: 'collect',
      agent: 'COLLECTOR',
      title: { en: 'News and pages', ko: '소식과 페이지' },
      prompt:
        'From the sources, gather what {{competitors}} did in {{period}}. One line for each finding: the date of the event, who, what, in the words of the source where they matter, the mark of the source, and whether the source is the company itself. List what was looked for and not found. A page without a date gives no news: say so.',
      dependsOn: ['questions'],
      maxOutputTokens: 2_500,
    },
    {
      key: 'check',
      agent: 'VALIDATOR',
      title: { en: 'Check of the sources', ko: '출처 확인' },
      prompt:
        'Check every finding: confirmed by somebody other than the company, stated by the company only, announced but not yet there, or doubtful. Name those that lie outside of {{period}}; where it is relative and the request does not give the day, count back from the newest date in the sources, and say so. Name findings that are the same event told twice.',
      dependsOn: ['collect'],
      maxOutputTokens: 1_800,
    },
    {
      key: 'digest',
      agent: 'REPORTER',
      title: { en: 'Digest', ko: '요약 보고' },
      prompt:
        'Write a digest of one page for a product manager. First the three changes that matter most to us, each with the reason in one sentence. Then each of {{competitors}} with its changes in {{period}}: date, fact, source, and "announced" where it is not there yet; "nothing found" where there is nothing. Then what we could do, at most three proposals that follow from these facts, and what remains unknown. Leave out what the check called doubtful or outside of the period.',
      dependsOn: ['collect', 'check'],
      maxOutputTokens: 2_000,
      approval: {
        question: {
          en: 'Are these the right findings, and is one missing or wrong?',
          ko: '결과가 맞나요? 빠지거나 틀린 것이 있나요?',
        },
        timeoutSeconds: 7 * 24 * 3_600,
      },
    },
  ],
};
