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
      defaultValue: { en: 'one page', ko: '한 쪽' },
    },
  ],
  steps: [
    {
      key: 'decisions',
      agent: 'CUSTOM',
      title: { en: 'Decisions and tasks', ko: '결정과 할 일' },
      prompt:
        'You keep the minutes of {{meeting}}. From the transcript in the request make two tables. Decisions: what, who agreed or objected, the words that show it. Tasks: what, owner, date, the words that show it. A proposal nobody agreed to is no decision; "we should" is no task. What was decided and later taken back is listed once, as it stood at the end. Where owner or date was not said, write "not said". Turn "next Friday" into a date only if the day of the meeting is known.',
      maxOutputTokens: 2_000,
    },
    {
      key: 'topics',
      agent: 'CUSTOM',
      title: { en: 'Topics', ko: '논의 주제' },
      prompt:
        'From the transcript of {{meeting}} list the people present, then the topics in their order: the question, the arguments with who made them, the result or "open". No small talk. Write who spoke only where the transcript says it; mark passages that are unclear.',
      maxOutputTokens: 2_000,
    },
    {
      key: 'check',
      agent: 'VALIDATOR',
      title: { en: 'Check against the transcript', ko: '녹취 대조' },
      prompt:
        'Check every decision, owner, date and figure against the words of the request. Name what was missed, what was given to the wrong person, what was taken back later in the meeting, and personal or confidential remarks that do not belong into minutes.',
      dependsOn: ['decisions', 'topics'],
      maxOutputTokens: 1_200,
    },
    {
      key: 'minutes',
      agent: 'REPORTER',
      title: { en: 'Minutes', ko: '회의록' },
      prompt:
        'Write the minutes of {{meeting}} in {{length}}: meeting and people present, decisions, a table of tasks (task, owner, date), topics in brief, open points. Neutral, past tense. No sections for summary, findings, sources or limits: these are minutes. Correct what the check found. Keep "not said" where it stands. When space is short, shorten the topics, never decisions and tasks.',
      dependsOn: ['decisions', 'topics', 'check'],
      maxOutputTokens: 2_000,
      approval: {
        question: {
          en: 'Are the decisions, owners and dates right?',
          ko: '결정, 담당자, 기한이 맞나요?',
        },
        timeoutSeconds: 3 * 24 * 3_600,
      },
    },
  ],
};
