import type { Starter } from './starter.ts';

export const interviewSynthesis: Starter = {
  id: 'starter-interview-synthesis',
  name: { en: 'Interview synthesis', ko: '인터뷰 종합' },
  description: {
    en: 'Finds needs, habits and contradictions in interviews with users, with quotes and how many people said it. You look at themes and quotes before the report is written. Put the transcripts, without real names, into the request.',
    ko: '사용자 인터뷰에서 필요, 습관, 모순을 인용문과 언급한 사람 수와 함께 찾아 줍니다. 보고서를 쓰기 전에 주제와 인용문을 직접 확인합니다. 실명을 지운 녹취를 요청에 넣어 주세요.',
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
      defaultValue: { en: 'not stated', ko: '밝히지 않음' },
    },
  ],
  steps: [
    {
      key: 'notes',
      agent: 'CUSTOM',
      title: { en: 'Notes on each interview', ko: '인터뷰별 메모' },
      prompt:
        'You are a user researcher. For each interview of the request, called P1, P2 … in their order: what the person does today, what is hard, how they get around it, what they wish for, and exact quotes on {{question}}. Keep apart what they did and what they say they would do. Mark answers that the question put into their mouth. Replace names, employers and what else would identify a person by "[removed]".',
      maxOutputTokens: 4_500,
    },
    {
      key: 'themes',
      agent: 'SYNTHESIZER',
      title: { en: 'Themes', ko: '주제' },
      prompt:
        'Form themes that answer {{question}}, as many as the notes carry. Each: a statement in one sentence, who supports it (P1, P4), who contradicts it, who said nothing on it, the strongest quote, and how it was said: done, told or wished for. Keep a strong single voice, and mark it as single.',
      dependsOn: ['notes'],
      maxOutputTokens: 2_500,
    },
    {
      key: 'contrary',
      agent: 'CUSTOM',
      title: { en: 'Other readings', ko: '다른 해석' },
      prompt:
        'You are a critical colleague. The interviewed people: {{people}}. Find in the notes what speaks against the obvious answer to {{question}}: exceptions, people who said nothing on it, a second explanation, leading questions, who is not among the people. Name the evidence for each.',
      dependsOn: ['notes'],
      maxOutputTokens: 1_200,
    },
    {
      key: 'check',
      agent: 'VALIDATOR',
      title: { en: 'Check of the quotes', ko: '인용 확인' },
      prompt:
        'Check that every quote stands in the request word for word and belongs to that person, and that every count is right. Give the corrected ones. Name words by which a person could still be recognised.',
      dependsOn: ['notes', 'themes', 'contrary'],
      maxOutputTokens: 1_500,
    },
    {
      key: 'report',
      agent: 'REPORTER',
      title: { en: 'Synthesis', ko: '종합' },
      prompt:
        'Write for a product team: the answer to {{question}} and how sure it is; the themes, the strongest first, each with "n of N people", what they did rather than wished, and one quote; contradictions and other readings; what to try or ask next, each with the theme behind it. Interviewed people: {{people}}. No percentages, and nothing said of all users: it is what these people said.',
      dependsOn: ['themes', 'contrary', 'check'],
      maxOutputTokens: 2_500,
      approval: {
        question: {
          en: 'Are the themes fair to what people said, and can nobody be recognised by a quote?',
          ko: '주제가 참여자의 말을 바르게 담았나요? 인용문에서 누구인지 드러나지 않나요?',
        },
        timeoutSeconds: 7 * 24 * 3_600,
      },
    },
  ],
};
