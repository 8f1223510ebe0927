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
      defaultValue: {
        en: 'liability, termination, price changes, data protection',
        ko: '책임 범위, 해지, 가격 변경, 개인정보 보호',
      },
    },
  ],
  steps: [
    {
      key: 'terms',
      agent: 'CUSTOM',
      title: { en: 'What is agreed', ko: '합의된 내용' },
      prompt:
        'You are a contract analyst. From the contract in the request make a table in the order of its clauses: clause number, subject, what {{party}} must do, what {{party}} gets, dates and periods, amounts. Quote the words that decide. Name annexes and defined terms that the text refers to but does not contain, and the law and place that it names. If the text is no contract or is cut off, say so first.',
      maxOutputTokens: 3_500,
    },
    {
      key: 'risks',
      agent: 'CUSTOM',
      title: { en: 'Risks', ko: '위험' },
      prompt:
        'You read for {{party}}. List the clauses of the contract in the request that are one-sided, unclear, unusual, without limit or renewed by themselves, above all on {{concerns}}. For each: clause and quote, what could happen, how bad and how likely, a wording to propose that the other side could accept. Quote exactly; invent no clause and cite no statute.',
      maxOutputTokens: 3_000,
    },
    {
      key: 'missing',
      agent: 'CUSTOM',
      title: { en: 'What is missing', ko: '빠진 내용' },
      prompt:
        'List what a contract of this kind usually settles and this one does not, as far as it matters to {{party}} and to {{concerns}}. For each say why it matters and which sentence would settle it. Look for each in the whole text, under any heading, before you call it missing.',
      maxOutputTokens: 1_500,
    },
    {
      key: 'check',
      agent: 'VALIDATOR',
      title: { en: 'Check of the quotes', ko: '인용 대조' },
      prompt:
        'Check every quote, clause number, date and amount against the contract in the request, and every "missing" against the whole text. Name risks that another clause limits, and clauses that contradict each other.',
      dependsOn: ['terms', 'risks', 'missing'],
      maxOutputTokens: 2_000,
    },
    {
      key: 'report',
      agent: 'REPORTER',
      title: { en: 'Report', ko: '보고서' },
      prompt:
        'Write for the person of {{party}} who decides on signing. Begin with: this is a reading aid and no legal advice. Then: the contract in five sentences; dates, periods of notice and amounts as a table; risks, the worst first, with clause, quote and proposed wording; what is missing; questions for a lawyer; which of {{concerns}} is settled well. Use only what survived the check. Clause numbers are the sources.',
      dependsOn: ['terms', 'risks', 'missing', 'check'],
      maxOutputTokens: 3_000,
      approval: {
        question: {
          en: 'Are the clauses read rightly, and the risks those that matter to you?',
          ko: '조항을 바르게 읽었나요? 위험이 우리에게 중요한 것인가요?',
        },
        timeoutSeconds: 7 * 24 * 3_600,
      },
    },
  ],
};
