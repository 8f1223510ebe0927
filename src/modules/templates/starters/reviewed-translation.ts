import type { Starter } from './starter.ts';

export const reviewedTranslation: Starter = {
  id: 'starter-reviewed-translation',
  name: { en: 'Translation with review', ko: '번역과 감수' },
  description: {
    en: 'Translates a text with a fixed terminology, has it reviewed for meaning and for style, and revises it. You approve the review before. Put the text into the request.',
    ko: '용어를 먼저 정해 글을 번역하고, 의미와 문체를 감수한 뒤 고쳐 씁니다. 고치기 전에 감수 결과를 승인합니다. 원문을 요청에 넣어 주세요.',
  },
  inputs: [
    {
      name: 'target',
      title: { en: 'Target language', ko: '번역할 언어' },
      description: {
        en: 'The language to translate into, with its region where it matters.',
        ko: '번역할 언어와, 필요하면 지역.',
      },
      defaultValue: null,
    },
    {
      name: 'readers',
      title: { en: 'Readers and tone', ko: '독자와 말투' },
      description: { en: 'Who reads it, and how it should sound.', ko: '읽을 사람과 말투.' },
      defaultValue: 'the same kind of readers as the original, in the same tone',
    },
    {
      name: 'terms',
      title: { en: 'Terms', ko: '용어' },
      description: {
        en: 'Words with a fixed translation, or not to be translated.',
        ko: '번역이 정해져 있거나 번역하지 않을 말.',
      },
      defaultValue: 'none given',
    },
  ],
  design: {
    steps: [
      {
        key: 'terms',
        agent: 'CUSTOM',
        title: 'Terminology',
        prompt:
          'You are a terminologist. From the text of the request make a table: term, translation into {{target}}, reason. Names, product words, repeated expressions, puns, units and forms of address. Fixed by the client: {{terms}}. Mark what stays untranslated, and sentences that can be read in two ways.',
        maxOutputTokens: 1_200,
      },
      {
        key: 'draft',
        agent: 'CUSTOM',
        title: 'Draft',
        prompt:
          'You are a translator who writes {{target}} as a mother tongue. Translate the whole text of the request into {{target}}, whatever the language of the request, for {{readers}}. Use the terminology. Keep headings, lists, links, code, placeholders and figures; add nothing, leave out nothing. Put the translation only.',
        dependsOn: ['terms'],
        maxOutputTokens: 8_000,
      },
      {
        key: 'meaning',
        agent: 'VALIDATOR',
        title: 'Review of the meaning',
        prompt:
          'Compare the draft with the text of the request sentence by sentence: wrong meaning, omission, addition, negation, figure, name, term that differs from the terminology. For each: the original, the draft, the correction in {{target}}.',
        dependsOn: ['terms', 'draft'],
        maxOutputTokens: 2_000,
      },
      {
        key: 'style',
        agent: 'CUSTOM',
        title: 'Review of the style',
        prompt:
          'You are an editor of {{target}}. Read the draft as {{readers}} would, without the original. List what sounds translated, stiff, unclear or wrong in tone or grammar: the passage, the reason, a better wording with the same meaning. Leave what is only a matter of taste.',
        dependsOn: ['draft'],
        maxOutputTokens: 2_000,
      },
      {
        key: 'final',
        agent: 'CUSTOM',
        title: 'Final translation',
        prompt:
          'Revise the draft into the final translation in {{target}}, whatever the language of the request. Apply the corrections of meaning, then those of style that do not change it. Put the whole translation, then a line, then under a heading of at most five points what a person should decide: passages with two readings, and corrections that you did not take.',
        dependsOn: ['terms', 'draft', 'meaning', 'style'],
        maxOutputTokens: 9_000,
        approval: {
          question: 'The draft and both reviews are ready. Shall the translation be revised by them?',
          timeoutSeconds: 7 * 24 * 3_600,
        },
      },
    ],
  },
};
