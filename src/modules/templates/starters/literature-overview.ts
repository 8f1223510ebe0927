import type { Starter } from './starter.ts';

export const literatureOverview: Starter = {
  id: 'starter-literature-overview',
  name: { en: 'Literature overview', ko: '문헌 개관' },
  description: {
    en: 'What papers say on a question: methods, results, agreement and gaps, each statement with its source. Put the texts or abstracts of the papers into the request, or up to five addresses of web pages. Of long pages the beginning is read, and PDF files are not.',
    ko: '한 질문에 대한 논문들의 방법, 결과, 일치점과 공백을 출처와 함께 정리합니다. 요청에 논문의 본문이나 초록, 또는 웹 페이지 주소를 다섯 개까지 적어 주세요. 긴 페이지는 앞부분만 읽고 PDF 파일은 읽지 않습니다.',
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
      defaultValue: { en: 'researchers of a neighbouring field', ko: '인접 분야의 연구자' },
    },
  ],
  steps: [
    {
      key: 'collect',
      agent: 'COLLECTOR',
      title: { en: 'Papers', ko: '논문' },
      prompt:
        'Read every paper that the sources or the request hold. For each write down: authors, year, title; what was studied and how (design, sample, measure, comparison); the results that bear on {{question}} with their figures and uncertainty; the limits that the authors name; who paid, where it is stated. Say for each whether the whole text, a part or only an abstract was read. Name no paper that was not read, also not as a reference of another.',
      maxOutputTokens: 3_500,
    },
    {
      key: 'methods',
      agent: 'VALIDATOR',
      title: { en: 'Strength of the evidence', ko: '근거의 강도' },
      prompt:
        'Judge for each paper, all of them, how far its method carries its answer to {{question}}: design, size, controls, bias, interests, peer review where it is known. One line each: strong, moderate or weak, with the deciding reason. Mark what only an abstract supports. Papers that share data or authors’ samples are not independent.',
      dependsOn: ['collect'],
      maxOutputTokens: 1_800,
    },
    {
      key: 'themes',
      agent: 'SYNTHESIZER',
      title: { en: 'Agreement and conflict', ko: '일치와 상충' },
      prompt:
        'Group the results by what they say on {{question}}, not by paper. For each group: the statement, the papers behind it, what conflicts with it, and which difference of method, sample or measure could explain the conflict. Then what no paper has studied.',
      dependsOn: ['collect'],
      maxOutputTokens: 2_000,
    },
    {
      key: 'overview',
      agent: 'REPORTER',
      title: { en: 'Overview', ko: '개관' },
      prompt:
        'Write an overview for {{readers}}: the answer to {{question}} and how sure it is; a table of the papers (authors and year, method and size, result with figure, strength); then by theme what agrees and what conflicts, with the papers; open questions. Weigh by strength, not by number of papers. Explain terms that the readers may not know. If fewer than three papers could be read, say first that this is no overview of the field.',
      dependsOn: ['collect', 'methods', 'themes'],
      maxOutputTokens: 3_000,
    },
  ],
};
