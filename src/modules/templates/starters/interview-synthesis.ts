import type { Starter } from './starter.ts';

export const interviewSynthesis: Starter = {
  id: 'starter-interview-synthesis',
  name: { en: 'Interview synthesis', ko: '인터뷰 종합' },
  description: {
    en: 'Finds needs, habits and contradictions in interviews with users, with quotes and how many people said it. Put the transcripts, without real names, into the request.',
    ko: '사용자 인터뷰에서 필요, 습관, 모순을 인용문과 언급한 사람 수와 함께 찾아 줍니다. 실명을 지운 녹취를 요청에 넣어 주세요.',
  },
  inputs: [
    {
      name: 'question',
      title: { en: 'Research question', ko: '연구 질문' },
      description: { en: 'What you want to learn.', ko: '알고 싶은 것.' },
      defaultValue: null,
    },
    {
      name: 'people',
      title: { en: 'Interviewed people', ko: '인터뷰 대상' },
      description: { en: 'Who they are and how they were chosen.', ko: '누구이며 어떻게 골랐는지.' },
      defaultValue: 'not stated',
    },
  ],
  design: {
    steps: [
      {
        key: 'notes',
        agent: 'CUSTOM',
        title: 'Notes on each interview',
        prompt:
          'You are a user researcher. For each interview of the request, called P1, P2 …: what the person does today, what is hard, what they wish for, and exact quotes on {{question}}. Keep apart what they did and what they say they would do. Mark answers that the question put into their mouth. Replace names and employers by "[removed]".',
        maxOutputTokens: 3_500,
      },
      {
        key: 'themes',
        agent: 'SYNTHESIZER',
        title: 'Themes',
        prompt:
          'Form themes that answer {{question}}. Each: a statement in one sentence, who supports it (P1, P4), who contradicts it, the strongest quote, and how it was said: done, told or asked for. Keep a strong single voice, and mark it as single.',
        dependsOn: ['notes'],
        maxOutputTokens: 2_000,
      },
      {
        key: 'contrary',
        agent: 'CUSTOM',
        title: 'Other readings',
        prompt:
          'You are a critical colleague. The interviewed people: {{people}}. Find in the notes what speaks against the obvious answer to {{question}}: exceptions, people who said nothing on it, a second explanation, who is not among the people. Name the evidence for each.',
        dependsOn: ['notes'],
        maxOutputTokens: 1_200,
      },
      {
        key: 'check',
        agent: 'VALIDATOR',
        title: 'Check of the quotes',
        prompt:
          'Check that each quote stands in the request word for word and belongs to that person, and that each count is right.',
        dependsOn: ['notes', 'themes', 'contrary'],
        maxOutputTokens: 1_200,
      },
      {
        key: 'report',
        agent: 'REPORTER',
        title: 'Synthesis',
        prompt:
          'Write for a product team: the answer to {{question}} and how sure it is; the themes, the strongest first, each with "n of N people" and one quote; contradictions; what to try or ask next. Interviewed people: {{people}}. No percentages, and nothing said of all users: it is what these people said.',
        dependsOn: ['themes', 'contrary', 'check'],
        maxOutputTokens: 2_200,
      },
    ],
  },
};
