import type { Starter } from './starter.ts';

export const supportThemes: Starter = {
  id: 'starter-support-themes',
  name: { en: 'Support ticket themes', ko: '고객 문의 주제 분석' },
  description: {
    en: 'Sorts support tickets into themes with counts, examples and causes, and says what would save the most of them. Put the tickets, without personal data, into the request.',
    ko: '고객 문의를 주제별로 나누어 건수, 예시, 원인을 정리하고 무엇을 고치면 가장 많이 줄어드는지 알려 줍니다. 개인정보를 지운 문의 내용을 요청에 넣어 주세요.',
  },
  inputs: [
    {
      name: 'product',
      title: { en: 'Product', ko: '제품' },
      description: { en: 'The product that the tickets are about.', ko: '문의 대상 제품.' },
      defaultValue: null,
    },
    {
      name: 'themes',
      title: { en: 'Number of themes', ko: '주제 수' },
      description: { en: 'The most themes to form.', ko: '나눌 주제의 최대 수.' },
      defaultValue: '8',
    },
  ],
  design: {
    steps: [
      {
        key: 'code',
        agent: 'CUSTOM',
        title: 'Tickets one by one',
        prompt:
          'You are an analyst of customer support for {{product}}. Number the tickets of the request in their order, or use the numbers they have. Make a table: number, what the customer wanted to do, what kept them from it, how it ended. One line for each ticket, none left out. Replace names, addresses and account numbers by "[removed]". State the number of tickets, and which were unreadable.',
        maxOutputTokens: 4_000,
      },
      {
        key: 'theme',
        agent: 'SYNTHESIZER',
        title: 'Themes',
        prompt:
          'Form at most {{themes}} themes by cause, not by wording. Each: a name, the numbers of its tickets, their count, one short quote. Each ticket belongs to one theme; what fits none goes to "Other". The counts must add up to the number of tickets.',
        dependsOn: ['code'],
        maxOutputTokens: 2_000,
      },
      {
        key: 'urgent',
        agent: 'CUSTOM',
        title: 'Single urgent tickets',
        prompt:
          'List the tickets on {{product}} that cannot wait for a statistic, however rare: loss of data or money, security, law, danger, a customer about to leave. Number, reason, who should see it. If there are none, say so.',
        dependsOn: ['code'],
        maxOutputTokens: 800,
      },
      {
        key: 'check',
        agent: 'VALIDATOR',
        title: 'Check of the counts',
        prompt:
          'Recount: is each ticket in exactly one theme, do the counts add up, does each quote stand in its ticket? Name themes that hide two causes, and causes that no ticket states.',
        dependsOn: ['code', 'theme'],
        maxOutputTokens: 1_200,
      },
      {
        key: 'report',
        agent: 'REPORTER',
        title: 'Report',
        prompt:
          'Write for the team of {{product}}: urgent tickets first; a table of the themes (theme, count, share, likely cause, example); the three changes that would save the most tickets, each with the count behind it. Use the corrected counts. With fewer than 30 tickets give no shares, and say that the sample is small.',
        dependsOn: ['theme', 'urgent', 'check'],
        maxOutputTokens: 2_000,
      },
    ],
  },
};
