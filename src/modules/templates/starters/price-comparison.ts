import type { Starter } from './starter.ts';

export const priceComparison: Starter = {
  id: 'starter-price-comparison',
  name: { en: 'Price comparison', ko: '가격 비교' },
  description: {
    en: 'Compares offers by what they really cost for your use, with every price and its source. Put the addresses of the price pages, or the offers, into the request.',
    ko: '여러 제안을 실제 사용량 기준의 총비용으로 비교하고 모든 가격에 출처를 답니다. 가격 페이지의 주소나 견적 내용을 요청에 넣어 주세요.',
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
      defaultValue: 'one user for one year',
    },
    {
      name: 'currency',
      title: { en: 'Currency', ko: '통화' },
      description: { en: 'The currency of the comparison.', ko: '비교에 쓸 통화.' },
      defaultValue: 'the currency of the offers',
    },
  ],
  design: {
    steps: [
      {
        key: 'criteria',
        agent: 'ANALYZER',
        title: 'What decides',
        prompt:
          'List what decides the real cost of {{product}} for {{use}}: price by unit, steps of price, minimum, set-up, tax, delivery, support, term and notice, limits after which it costs more. Then the features without which an offer does not count.',
        maxOutputTokens: 800,
      },
      {
        key: 'prices',
        agent: 'COLLECTOR',
        title: 'Prices',
        prompt:
          'Read the offers for {{product}} that the request names or holds. For each: every price exactly as it stands there, with unit, currency, tax, term, date and source. "On request" is a price that is not known. Give no price from memory.',
        maxOutputTokens: 2_000,
      },
      {
        key: 'compare',
        agent: 'CUSTOM',
        title: 'Calculation',
        prompt:
          'You are a buyer. Calculate the total cost of each offer for {{use}} in {{currency}}, step by step so that it can be recomputed. Convert a currency only with a rate that the data gives; otherwise keep both. Mark sums that lack a part, and say how the order changes with half and double the use.',
        dependsOn: ['criteria', 'prices'],
        maxOutputTokens: 2_000,
      },
      {
        key: 'check',
        agent: 'VALIDATOR',
        title: 'Check of the calculation',
        prompt:
          'Recompute every sum. Check each price against its source, and that like is compared with like: same tax, term, amount and features.',
        dependsOn: ['prices', 'compare'],
        maxOutputTokens: 1_500,
      },
      {
        key: 'report',
        agent: 'REPORTER',
        title: 'Comparison',
        prompt:
          'Write a comparison of the offers for {{product}}: which is cheapest for {{use}} and by how much; a table (offer, total, price by unit, term, what is not included, source); when another one is better; what to ask the sellers. Use the corrected sums. Recommend none whose price is not known.',
        dependsOn: ['prices', 'compare', 'check'],
        maxOutputTokens: 1_800,
      },
    ],
  },
};
