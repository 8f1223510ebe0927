import type { Starter } from './starter.ts';

export const literatureOverview: Starter = {
  id: 'starter-literature-overview',
  name: { en: 'Literature overview', ko: '문헌 개관' },
  description: {
    en: 'What papers say on a question: methods, results, agreement and gaps, each statement with its source. Put the addresses of the papers or their text into the request.',
    ko: '한 질문에 대한 논문들의 방법, 결과, 일치점과 공백을 출처와 함께 정리합니다. 논문의 주소나 본문을 요청에 넣어 주세요.',
  },
  inputs: [
    {
      name: 'question',
      title: { en: 'Question', ko: '질문' },
      description: { en: 'What the papers should answer.', ko: '논문에서 답을 찾을 질문.' },
      defaultValue: null,
    },
    {
      name: 'readers',
      title: { en: 'Readers', ko: '독자' },
      description: { en: 'For whom the overview is.', ko: '개관을 읽을 사람.' },
      defaultValue: 'researchers of a neighbouring field',
    },
  ],
  design: {
    steps: [
      {
        key: 'collect',
        agent: 'COLLECTOR',
        title: 'Papers',
        prompt:
          'Read every paper that the request names or holds. For each write down: authors, year, what was studied and how (design, sample, measure), the results that bear on {{question}} with their figures and uncertainty, and the limits that the authors name. Where only an abstract could be read, say so. Name no paper that was not read.',
        maxOutputTokens: 3_000,
      },
      {
        key: 'methods',
        agent: 'VALIDATOR',
        title: 'Strength of the evidence',
        prompt:
          'Judge for each paper how far its method carries its answer to {{question}}: size, controls, bias, interests, peer review. Mark what only an abstract supports. Do not count papers that share data as independent.',
        dependsOn: ['collect'],
        maxOutputTokens: 1_500,
      },
      {
        key: 'themes',
        agent: 'SYNTHESIZER',
        title: 'Agreement and conflict',
        prompt:
          'Group the results by what they say on {{question}}, not by paper. For each group: what agrees, what conflicts and which difference of method could explain it. Then what no paper has studied.',
        dependsOn: ['collect'],
        maxOutputTokens: 1_800,
      },
      {
        key: 'overview',
        agent: 'REPORTER',
        title: 'Overview',
        prompt:
          'Write an overview for {{readers}}: the answer to {{question}} and how sure it is; a table of the papers (paper, method, result, strength); the themes; open questions. Explain terms that the readers may not know. If fewer than three papers could be read, say first that this is no overview of the field.',
        dependsOn: ['collect', 'methods', 'themes'],
        maxOutputTokens: 2_500,
      },
    ],
  },
};
