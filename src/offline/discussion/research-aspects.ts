/** How a need of each kind is looked at from two sides, and what must be checked. Used where no model does the thinking. */
import type { Wording } from '../../modules/discussion/engine/language.ts';

export function aspectsOf(need: string, wording: Wording): Aspects {
  const kind = KINDS.find(({ pattern }) => pattern.test(need)) ?? GENERAL;
  return kind[wording];
}

/** Both sides are collected apart from each other, so that neither colours the other. */
export interface Aspects {
  first: string;
  second: string;
  check: string;
}

interface Kind extends Record<Wording, Aspects> {
  pattern: RegExp;
}

/** The first that fits. */
const KINDS: readonly Kind[] = [
  {
    pattern:
      /\b(compar\w*|versus|vs\.?|alternatives?|which (is|one|of)|choose between|shortlist|vendors?)\b|비교|대안|업체 선정/iu,
    en: {
      first: 'features and limits of each candidate',
      second: 'prices, terms and user experience',
      check: 'that every candidate is measured by the same criteria',
    },
    ko: {
      first: '후보별 기능과 한계',
      second: '가격, 조건, 사용자 경험',
      check: '모든 후보를 같은 기준으로 비교했는지',
    },
  },
  {
    pattern:
      /\b(contracts?|legal|law|regulation|compliance|gdpr|polic(y|ies)|terms)\b|계약|법률|규제|약관|컴플라이언스|정책/iu,
    en: {
      first: 'the clauses and rules that apply',
      second: 'precedents, deadlines and penalties',
      check: 'that every statement cites its clause',
    },
    ko: { first: '적용되는 조항과 규칙', second: '선례, 기한, 제재', check: '모든 진술이 조항을 인용하는지' },
  },
  {
    pattern:
      /\b(code|repository|repo|pull request|bugs?|api|architecture|security|software|deploy\w*|test suite)\b|코드|저장소|버그|소프트웨어|보안|아키텍처/iu,
    en: {
      first: 'structure, interfaces and dependencies',
      second: 'known problems, risks and test gaps',
      check: 'that every finding can be reproduced from the code',
    },
    ko: {
      first: '구조, 인터페이스, 의존성',
      second: '알려진 문제, 위험, 테스트 공백',
      check: '모든 지적을 코드에서 재현할 수 있는지',
    },
  },
  {
    pattern:
      /\b(feedback|reviews?|survey|complaints?|support tickets?|sentiment|nps)\b|리뷰|후기|설문|불만|고객 의견|감성/iu,
    en: {
      first: 'what people praise and complain about',
      second: 'how often each theme comes up, and for whom',
      check: 'that every theme rests on several quotes',
    },
    ko: {
      first: '칭찬과 불만의 내용',
      second: '주제별 빈도와 대상 고객',
      check: '각 주제가 여러 인용에 근거하는지',
    },
  },
  {
    pattern: /\b(competitors?|market|industry|pricing|demand|segment|go-to-market)\b|시장|경쟁사|업계|수요/iu,
    en: {
      first: 'market figures and trends',
      second: 'moves and prices of the competitors',
      check: 'that figures agree across sources and carry their date',
    },
    ko: {
      first: '시장 수치와 추세',
      second: '경쟁사의 움직임과 가격',
      check: '수치가 출처 간에 일치하고 날짜가 있는지',
    },
  },
  {
    pattern:
      /\b(data|dataset|csv|spreadsheet|metrics?|kpis?|statistics|sales figures|logs?)\b|데이터|지표|통계|매출|로그|엑셀/iu,
    en: {
      first: 'totals, trends and outliers',
      second: 'differences between groups and periods',
      check: 'that the sums add up and gaps in the data are named',
    },
    ko: {
      first: '합계, 추세, 이상치',
      second: '집단과 기간별 차이',
      check: '합계가 맞고 데이터의 빈 곳을 밝혔는지',
    },
  },
  {
    pattern: /\b(news|monitor\w*|alerts?|digest|newsletter|headlines)\b|뉴스|모니터링|동향|소식/iu,
    en: {
      first: 'what happened, from first-hand reports',
      second: 'what experts and those concerned make of it',
      check: 'that each item has a date and two independent reports',
    },
    ko: {
      first: '1차 보도로 확인한 사건',
      second: '전문가와 당사자의 해석',
      check: '항목마다 날짜와 독립된 보도 두 건이 있는지',
    },
  },
  {
    pattern:
      /\b(blog|article|essay|copy|campaign|slogan|story|script|social media|landing page|lesson|course)\b|블로그|기사|캠페인|카피|글쓰기|강의|콘텐츠/iu,
    en: {
      first: 'facts and examples worth telling',
      second: 'what the audience already knows and asks',
      check: 'that claims are true and the tone fits the audience',
    },
    ko: {
      first: '이야기할 만한 사실과 사례',
      second: '독자가 이미 아는 것과 묻는 것',
      check: '주장이 사실이고 어조가 독자에 맞는지',
    },
  },
];

const GENERAL: Kind = {
  pattern: /./su,
  en: {
    first: 'facts from primary sources',
    second: 'independent views and counter-examples',
    check: 'that every claim has a source that can be opened',
  },
  ko: {
    first: '1차 자료의 사실',
    second: '독립된 견해와 반례',
    check: '모든 주장에 열어볼 수 있는 출처가 있는지',
  },
};
