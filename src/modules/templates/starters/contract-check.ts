import type { Starter } from './starter.ts';

export const contractCheck: Starter = {
  id: 'starter-contract-check',
  name: { en: 'Contract check', ko: '계약서 검토' },
  description: {
    en: 'Reads a contract from the view of one party: duties, money, risks, what is missing, and questions for a lawyer. No legal advice; a person looks first. Put the text into the request.',
    ko: '계약서를 한쪽 당사자의 관점에서 읽고 의무, 금액, 위험, 빠진 조항, 변호사에게 물을 점을 정리합니다. 법률 자문이 아니며 사람이 먼저 확인합니다. 본문을 요청에 넣어 주세요.',
  },
  inputs: [
    {
      name: 'party',
      title: { en: 'Our party', ko: '우리 측' },
      description: {
        en: 'The party that you are, as the contract names it.',
        ko: '계약서에 적힌 우리 측 당사자.',
      },
      defaultValue: null,
    },
    {
      name: 'concerns',
      title: { en: 'Concerns', ko: '중요하게 볼 점' },
      description: { en: 'What matters most to you.', ko: '가장 중요하게 살필 점.' },
      defaultValue: 'liability, termination, price changes, data protection',
    },
  ],
  design: {
    steps: [
      {
        key: 'terms',
        agent: 'CUSTOM',
        title: 'What is agreed',
        prompt:
          'You are a contract analyst. From the contract in the request make a table: clause number, subject, what {{party}} must do, what {{party}} gets, dates, amounts. Quote the words that decide. Name annexes and terms that the text refers to but does not contain. If the text is no contract or is cut off, say so first.',
        maxOutputTokens: 3_000,
      },
      {
        key: 'risks',
        agent: 'CUSTOM',
        title: 'Risks',
        prompt:
          'You read for {{party}}. List the clauses of the contract in the request that are one-sided, unclear, unusual or without limit, above all on {{concerns}}. For each: clause and quote, what could happen, how bad and how likely, a wording to propose. Quote exactly; invent no clause and cite no statute.',
        maxOutputTokens: 2_500,
      },
      {
        key: 'missing',
        agent: 'CUSTOM',
        title: 'What is missing',
        prompt:
          'List what a contract of this kind usually settles and this one does not, as far as it matters to {{party}} and to {{concerns}}. For each say why it matters and which sentence would settle it. Look for each in the whole text before you call it missing.',
        maxOutputTokens: 1_200,
      },
      {
        key: 'check',
        agent: 'VALIDATOR',
        title: 'Check of the quotes',
        prompt:
          'Check each quote, clause number, date and amount against the contract in the request, and each "missing" against the whole text. Name risks that another clause limits.',
        dependsOn: ['terms', 'risks', 'missing'],
        maxOutputTokens: 1_500,
      },
      {
        key: 'report',
        agent: 'REPORTER',
        title: 'Report',
        prompt:
          'Write for the person of {{party}} who decides on signing: the contract in five sentences; dates and amounts; risks, the worst first, with clause, quote and proposed wording; what is missing; questions for a lawyer. Begin with: this is a reading aid and no legal advice. Use only what survived the check.',
        dependsOn: ['terms', 'risks', 'missing', 'check'],
        maxOutputTokens: 2_500,
        approval: {
          question: 'Are the clauses read rightly, and the risks those that matter to you?',
          timeoutSeconds: 7 * 24 * 3_600,
        },
      },
    ],
  },
};
