import type { Starter } from './starter.ts';

export const meetingMinutes: Starter = {
  id: 'starter-meeting-minutes',
  name: { en: 'Meeting minutes', ko: '회의록' },
  description: {
    en: 'Turns a transcript or notes into minutes: decisions, tasks with owner and date, open points. You look at decisions and tasks first. Put the transcript into the request.',
    ko: '녹취나 메모를 결정, 담당자와 기한이 있는 할 일, 남은 논점으로 정리한 회의록을 만듭니다. 결정과 할 일을 먼저 확인합니다. 녹취를 요청에 넣어 주세요.',
  },
  inputs: [
    {
      name: 'meeting',
      title: { en: 'Meeting', ko: '회의' },
      description: { en: 'Its name, day and purpose.', ko: '회의 이름, 날짜, 목적.' },
      defaultValue: null,
    },
    {
      name: 'length',
      title: { en: 'Length', ko: '분량' },
      description: { en: 'How long the minutes may be.', ko: '회의록의 분량.' },
      defaultValue: 'one page',
    },
  ],
  design: {
    steps: [
      {
        key: 'decisions',
        agent: 'CUSTOM',
        title: 'Decisions and tasks',
        prompt:
          'You keep the minutes of {{meeting}}. From the transcript in the request make two tables. Decisions: what, who agreed or objected, the words that show it. Tasks: what, owner, date, the words that show it. A proposal nobody agreed to is no decision; "we should" is no task. Where owner or date was not said, write "not said". Turn "next Friday" into a date only if the day of the meeting is known.',
        maxOutputTokens: 1_500,
      },
      {
        key: 'topics',
        agent: 'CUSTOM',
        title: 'Topics',
        prompt:
          'From the transcript of {{meeting}} list the topics in their order: the question, the arguments with who made them, the result or "open". No small talk. Write who spoke only where the transcript says it; mark passages that are unclear.',
        maxOutputTokens: 1_500,
      },
      {
        key: 'check',
        agent: 'VALIDATOR',
        title: 'Check against the transcript',
        prompt:
          'Check each decision, owner, date and figure against the words of the request. Name what was missed, what was given to the wrong person, and what was taken back later in the meeting.',
        dependsOn: ['decisions', 'topics'],
        maxOutputTokens: 1_000,
      },
      {
        key: 'minutes',
        agent: 'REPORTER',
        title: 'Minutes',
        prompt:
          'Write the minutes of {{meeting}} in {{length}}: meeting and people present, decisions, a table of tasks (task, owner, date), topics in brief, open points. Neutral, past tense, no summary and no sources sections. Correct what the check found. Keep "not said" where it stands.',
        dependsOn: ['decisions', 'topics', 'check'],
        maxOutputTokens: 1_800,
        approval: {
          question: 'Are the decisions, owners and dates right?',
          timeoutSeconds: 3 * 24 * 3_600,
        },
      },
    ],
  },
};
