import type { Aspect } from '../words/words.ts';

/** What kind of research a need asks for. */
export function aspectOf(need: string): Aspect {
  return PATTERNS.find(({ pattern }) => pattern.test(need))?.aspect ?? 'GENERAL';
}

/** The first that fits. */
const PATTERNS: readonly { aspect: Aspect; pattern: RegExp }[] = [
  {
    aspect: 'COMPARISON',
    pattern:
      /\b(compar\w*|versus|vs\.?|alternatives?|which (is|one|of)|choose between|shortlist|vendors?)\b|비교|대안|업체 선정/iu,
  },
  {
    aspect: 'LEGAL',
    pattern:
      /\b(contracts?|legal|law|regulation|compliance|gdpr|polic(y|ies)|terms)\b|계약|법률|규제|약관|컴플라이언스|정책/iu,
  },
  {
    aspect: 'SOFTWARE',
    pattern:
      /\b(code|repository|repo|pull request|bugs?|api|architecture|security|software|deploy\w*|test suite)\b|코드|저장소|버그|소프트웨어|보안|아키텍처/iu,
  },
  {
    aspect: 'FEEDBACK',
    pattern:
      /\b(feedback|reviews?|survey|complaints?|support tickets?|sentiment|nps)\b|리뷰|후기|설문|불만|고객 의견|감성/iu,
  },
  {
    aspect: 'MARKET',
    pattern: /\b(competitors?|market|industry|pricing|demand|segment|go-to-market)\b|시장|경쟁사|업계|수요/iu,
  },
  {
    aspect: 'DATA',
    pattern:
      /\b(data|dataset|csv|spreadsheet|metrics?|kpis?|statistics|sales figures|logs?)\b|데이터|지표|통계|매출|로그|엑셀/iu,
  },
  {
    aspect: 'NEWS',
    pattern: /\b(news|monitor\w*|alerts?|digest|newsletter|headlines)\b|뉴스|모니터링|동향|소식/iu,
  },
  {
    aspect: 'WRITING',
    pattern:
      /\b(blog|article|essay|copy|campaign|slogan|story|script|social media|landing page|lesson|course)\b|블로그|기사|캠페인|카피|글쓰기|강의|콘텐츠/iu,
  },
];
