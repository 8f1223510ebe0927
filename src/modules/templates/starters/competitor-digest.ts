import type { Starter } from './starter.ts';

export const competitorDigest: Starter = {
  id: 'starter-competitor-digest',
  name: { en: 'Competitor digest', ko: '경쟁사 동향 요약' },
  description: {
    en: 'What your competitors have done lately and what it means for you, with a source for every statement. You look at the findings before the digest is written. Name pages to read in the request.',
    ko: '경쟁사의 최근 움직임과 그 의미를 출처와 함께 정리합니다. 요약을 쓰기 전에 결과를 직접 확인합니다. 읽을 페이지는 요청에 적어 주세요.',
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
      defaultValue: 'the last 30 days',
    },
  ],
  design: {
    steps: [
      {
        key: 'questions',
        agent: 'ANALYZER',
        title: 'Questions to answer',
        prompt:
          'List what a product manager needs to know about {{competitors}} in {{period}}: releases, prices, customers, partners, people, and what they say about themselves. For each question say what a good answer looks like.',
        maxOutputTokens: 800,
      },
      {
        key: 'collect',
        agent: 'COLLECTOR',
        title: 'News and pages',
        prompt:
          'Gather what is known about {{competitors}} in {{period}}. Give the source and the date of every finding, and say what was looked for and not found.',
        dependsOn: ['questions'],
        maxOutputTokens: 1_500,
      },
      {
        key: 'check',
        agent: 'VALIDATOR',
        title: 'Check of the sources',
        prompt:
          'Mark each finding as confirmed, doubtful or announced only. A company’s own words are no confirmation. Leave out what lies outside of {{period}}, and say so.',
        dependsOn: ['collect'],
        maxOutputTokens: 1_200,
      },
      {
        key: 'digest',
        agent: 'REPORTER',
        title: 'Digest',
        prompt:
          'Write a digest of one page: the three changes that matter most to us, then each of {{competitors}} with its changes and their sources, then what we could do about it, and what remains unknown.',
        dependsOn: ['collect', 'check'],
        maxOutputTokens: 1_800,
        approval: {
          question: 'Are these the right findings, and is one missing or wrong?',
          timeoutSeconds: 7 * 24 * 3_600,
        },
      },
    ],
  },
};
