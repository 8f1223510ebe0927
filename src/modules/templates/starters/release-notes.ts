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
      defaultValue: { en: 'users who are no developers', ko: '개발자가 아닌 사용자' },
    },
  ],
  steps: [
    {
      key: 'sort',
      agent: 'CUSTOM',
      title: { en: 'Changes sorted', ko: '변경 분류' },
      prompt:
        'You are the release manager of {{release}}. Sort every change of the request into: new, improved, fixed, breaking, deprecated, security, internal. One line each with its id: what a user notices. Merge changes that belong together, and changes that were reverted, and name all their ids. Where a line does not say what changed, put it under "unclear" instead of guessing. At the end state how many changes the request holds and how many are in each group.',
      maxOutputTokens: 3_000,
    },
    {
      key: 'breaking',
      agent: 'CUSTOM',
      title: { en: 'What breaks', ko: '호환되지 않는 변경' },
      prompt:
        'You run systems that use {{release}}. From the changes of the request list each one that may need action: changed or removed behaviour, defaults, settings, formats, versions, migrations, longer downtime. For each: id, who is affected, what to do before and after, how to see that it worked. Do not invent commands or names of settings. If there is none, say so.',
      maxOutputTokens: 1_500,
    },
    {
      key: 'check',
      agent: 'VALIDATOR',
      title: { en: 'Check against the changes', ko: '변경 목록 대조' },
      prompt:
        'Check that every change of the request is sorted once, that nothing is promised that the changes do not say, that what breaks is under "breaking", and that security fixes are told without telling how to exploit them. Name names of customers, people and internal systems that must not be published.',
      dependsOn: ['sort', 'breaking'],
      maxOutputTokens: 1_200,
    },
    {
      key: 'notes',
      agent: 'REPORTER',
      title: { en: 'Release notes', ko: '릴리스 노트' },
      prompt:
        'Write the release notes of {{release}} for {{readers}}: two sentences on what matters; "Before you update" if anything breaks or needs action; then New, Improved, Fixed, Security, as far as there is any. Say what the reader can do now, not what the code does. Leave out internal and unclear changes, keep ids in parentheses, no marketing words. No sections for summary, findings, sources or limits: these are release notes.',
      dependsOn: ['sort', 'breaking', 'check'],
      maxOutputTokens: 2_500,
      approval: {
        question: {
          en: 'Is the selection right, and may all of it be published?',
          ko: '내용 선정이 맞나요? 모두 공개해도 되나요?',
        },
        timeoutSeconds: 7 * 24 * 3_600,
      },
    },
  ],
};
