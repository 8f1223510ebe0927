import type { Starter } from './starter.ts';

export const priceComparison: Starter = {
  id: 'starter-price-comparison',
  name: { en: 'Price comparison', ko: '가격 비교' },
  description: {
    en: 'Compares offers by what they really cost for your use, with every price and its source. Put the offers, or up to five addresses of price pages, into the request.',
    ko: '여러 제안을 실제 사용량 기준의 총비용으로 비교하고 모든 가격에 출처를 답니다. 견적 내용이나 가격 페이지의 주소(다섯 개까지)를 요청에 적어 주세요.',
  },
  inputs: [
    {
      name: 'product',
      title: { en: 'What to buy', ko: '구매 대상' },
      description: { en: 'The goods or the service.', ko: '상품이나 서비스.' },
      defaultValue: null,
    },
    {
      name: 'use',
      title: { en: 'Your use', ko: '사용량' },
      description: { en: 'Amount, people, time.', ko: '수량, 인원, 기간.' },
      defaultValue: { en: 'one user for one year', ko: '한 명이 일 년 동안' },
    },
    {
      name: 'currency',
      title: { en: 'Currency', ko: '통화' },
      description: { en: 'The currency of the comparison.', ko: '비교에 쓸 통화.' },
      defaultValue: { en: 'the currency of the offers', ko: '제안에 쓰인 통화' },
    },
  ],
  steps: [
    {
      key: 'criteria',
      agent: 'ANALYZER',
      title: { en: 'What decides', ko: '판단 기준' },
      prompt:
        'Instead of questions, list what decides the real cost of {{product}} for {{use}}: price by unit, steps of price, minimum, set-up, tax, delivery, support, term and notice, price after the first term, limits after which it costs more. Then the features without which an offer does not count, as far as the request names them.',
      maxOutputTokens: 900,
    },
    {
      key: 'prices',
      agent: 'COLLECTOR',
      title: { en: 'Prices', ko: '가격' },
      prompt:
        'Read the offers for {{product}} in the sources and in the request. For each: every price exactly as it stands there, with plan, unit, currency, tax, billing period, minimum, term, what is included, date and source. "On request" is a price that is not known. Give no price from memory, and do not convert or add up.',
      dependsOn: ['criteria'],
      maxOutputTokens: 2_500,
    },
    {
      key: 'compare',
      agent: 'CUSTOM',
      title: { en: 'Calculation', ko: '계산' },
      prompt:
        'You are a buyer. For each offer choose the plan that serves {{use}}, and calculate its total cost in {{currency}}, one line for each part (amount × price × time = sum), so that it can be recomputed. State what you assumed. Convert a currency only with a rate that the data gives; otherwise keep both. Mark sums that lack a part. Then say how the order changes with half and with double the use.',
      dependsOn: ['criteria', 'prices'],
      maxOutputTokens: 2_500,
    },
    {
      key: 'check',
      agent: 'VALIDATOR',
      title: { en: 'Check of the calculation', ko: '계산 확인' },
      prompt:
        'Recompute every sum, and give the corrected ones. Check every price against its source, and that like is compared with like: same tax, billing period, term, amount and features.',
      dependsOn: ['prices', 'compare'],
      maxOutputTokens: 1_800,
    },
    {
      key: 'report',
      agent: 'REPORTER',
      title: { en: 'Comparison', ko: '비교 결과' },
      prompt:
        'Write a comparison of the offers for {{product}}: which is cheapest for {{use}} and by how much; a table, the cheapest first (offer and plan, total, price by unit, term, what is not included, source with date); when another one is better; what to ask the sellers. Use the corrected sums, and show one calculation in full. Recommend none whose price is not known. Prices change: say of what day they are.',
      dependsOn: ['prices', 'compare', 'check'],
      maxOutputTokens: 2_000,
    },
  ],
};
