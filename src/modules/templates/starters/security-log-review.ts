import type { Starter } from './starter.ts';

export const securityLogReview: Starter = {
  id: 'starter-security-log-review',
  name: { en: 'Security log review', ko: '보안 로그 검토' },
  description: {
    en: 'Finds what is suspicious in an excerpt of logs, orders it by severity, and proposes what to do. A person looks before the report is written. Put the log lines, without secrets, into the request.',
    ko: '로그 일부에서 의심스러운 점을 찾아 심각도 순으로 정리하고 조치를 제안합니다. 보고서를 쓰기 전에 사람이 확인합니다. 비밀 값을 지운 로그를 요청에 넣어 주세요.',
  },
  inputs: [
    {
      name: 'system',
      title: { en: 'System', ko: '시스템' },
      description: { en: 'What wrote the logs, and what it is for.', ko: '로그를 남긴 시스템과 그 용도.' },
      defaultValue: null,
    },
    {
      name: 'expected',
      title: { en: 'Expected activity', ko: '정상 활동' },
      description: {
        en: 'What is known and harmless: scanners, test accounts, maintenance.',
        ko: '이미 알려진 무해한 활동: 점검 도구, 시험 계정, 유지보수.',
      },
      defaultValue: 'nothing is known',
    },
  ],
  design: {
    steps: [
      {
        key: 'timeline',
        agent: 'CUSTOM',
        title: 'Timeline',
        prompt:
          'You are an incident analyst. Read the log lines of the request, written by {{system}}. Make a table in order of time: time with zone, source, account, action, result. Merge repeated lines and give their number. Say which time the lines cover, which gaps they have, and what could not be read. Replace secrets by "[removed]". Interpret nothing yet.',
        maxOutputTokens: 2_500,
      },
      {
        key: 'access',
        agent: 'CUSTOM',
        title: 'Sign-ins and rights',
        prompt:
          'You are a security analyst for identities. From the lines of {{system}} list what is unusual in sign-ins, tokens, rights and accounts: guessing, success after failures, new places, rights that grow. For each: the lines, a harmless explanation and what would decide between both. Known and harmless: {{expected}}. If nothing is unusual, say so.',
        maxOutputTokens: 1_500,
      },
      {
        key: 'traffic',
        agent: 'CUSTOM',
        title: 'Requests and data',
        prompt:
          'You are a security analyst for applications. From the lines of {{system}} list what is unusual in requests, commands, errors and amounts of data: probing, injection, uploads, bulk reads, silence where lines should be. For each: the lines, a harmless explanation and what would decide between both. Known and harmless: {{expected}}. If nothing is unusual, say so.',
        maxOutputTokens: 1_500,
      },
      {
        key: 'check',
        agent: 'VALIDATOR',
        title: 'Check against the lines',
        prompt:
          'Check each suspicion against the timeline and the lines of the request. A pattern without lines is unsupported. Give each one that remains a severity (critical, high, medium, low) and a confidence, with the reason of both.',
        dependsOn: ['timeline', 'access', 'traffic'],
        maxOutputTokens: 1_500,
      },
      {
        key: 'report',
        agent: 'REPORTER',
        title: 'Report',
        prompt:
          'Write for the engineer on duty of {{system}}: is there reason to act now; the findings, the worst first, each with lines, severity, confidence and next step; what to keep as evidence; what the excerpt cannot show. Claim no break-in that the lines do not show, and do not call the system safe because an excerpt is quiet.',
        dependsOn: ['timeline', 'check'],
        maxOutputTokens: 2_000,
        approval: {
          question:
            'Are the findings plausible, and do they hold nothing that the report must not contain, such as names or secrets?',
          timeoutSeconds: 24 * 3_600,
        },
      },
    ],
  },
};
