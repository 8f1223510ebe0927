import type { Starter } from './starter.ts';

export const releaseNotes: Starter = {
  id: 'starter-release-notes',
  name: { en: 'Release notes', ko: '릴리스 노트' },
  description: {
    en: 'Writes release notes for users from commits, tickets or a changelog: what is new, what breaks, what to do. A person approves the selection. Put the list of changes into the request.',
    ko: '커밋, 티켓, 변경 목록에서 사용자를 위한 릴리스 노트를 씁니다: 새 기능, 호환되지 않는 변경, 할 일. 사람이 내용을 승인합니다. 변경 목록을 요청에 넣어 주세요.',
  },
  inputs: [
    {
      name: 'release',
      title: { en: 'Release', ko: '릴리스' },
      description: { en: 'Product and version.', ko: '제품과 버전.' },
      defaultValue: null,
    },
    {
      name: 'readers',
      title: { en: 'Readers', ko: '독자' },
      description: { en: 'Who reads the notes.', ko: '노트를 읽을 사람.' },
      defaultValue: 'users who are no developers',
    },
  ],
  design: {
    steps: [
      {
        key: 'sort',
        agent: 'CUSTOM',
        title: 'Changes sorted',
        prompt:
          'You are the release manager of {{release}}. Sort every change of the request into: new, improved, fixed, breaking, deprecated, security, internal. One line each with its id. Merge changes that belong together. Where a line does not say what changed, put it under "unclear" instead of guessing.',
        maxOutputTokens: 2_000,
      },
      {
        key: 'breaking',
        agent: 'CUSTOM',
        title: 'What breaks',
        prompt:
          'You run systems that use {{release}}. From the changes of the request list each one that may need action: changed or removed behaviour, settings, formats, versions, migrations. For each: id, who is affected, what to do before and after. Do not invent commands or names of settings. If there is none, say so.',
        maxOutputTokens: 1_200,
      },
      {
        key: 'check',
        agent: 'VALIDATOR',
        title: 'Check against the changes',
        prompt:
          'Check that each change of the request is sorted once, that nothing is promised that the changes do not say, and that security fixes are told without telling how to exploit them.',
        dependsOn: ['sort', 'breaking'],
        maxOutputTokens: 1_000,
      },
      {
        key: 'notes',
        agent: 'REPORTER',
        title: 'Release notes',
        prompt:
          'Write the release notes of {{release}} for {{readers}}: two sentences on what matters; "Before you update" if anything breaks; then New, Improved, Fixed. Say what the reader can do now, not what the code does. Leave out internal changes, keep ids in parentheses, no marketing words, no summary and no sources sections.',
        dependsOn: ['sort', 'breaking', 'check'],
        maxOutputTokens: 1_800,
        approval: {
          question: 'Is the selection right, and may all of it be published?',
          timeoutSeconds: 7 * 24 * 3_600,
        },
      },
    ],
  },
};
