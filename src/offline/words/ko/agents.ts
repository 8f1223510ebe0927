import { bullets, numbered, quoted, sourceSection, table } from '../../agents/markdown.ts';
import { filledUp, type Material, numberSources } from '../../agents/material.ts';
import type { Writer } from '../../agents/writer.ts';

export const AGENTS: Writer = {
  noSubject: '요청하신 내용',
  lead: /^(?:\s*(?:안녕하세요|반갑습니다|저는|저희는|저희|나는|우리는|우리|제가|혹시|그럼|이번에|지금|간단히|자세히|빨리|매주|매일|매달)[\s,.!]+)+/u,
  end: /[,;:(]|(?<![가마노\s])(?:을|를|에 ?대해\S*|에 ?대한|에 ?관해\S*|에 ?관한|의 장단점|이 궁금|가 궁금)(?=\s|$)|\s(?:조사|분석|비교|정리|요약|작성|검토|설명|보고서|알려|만들|찾아|추천)/u,

  remarked: (remarks) => `## 반영한 의견\n${bullets(remarks)}`,

  texts: {
    ANALYZER: (material) => `## 목표
이 작업이 끝나면 독자는 “${material.subject}”에 대해 무엇을 기대할 수 있고, 왜 그런지, 무엇을 해야 하는지 알게 됩니다. 이 단계에 주어진 지시: “${material.order}”.

## 질문
${numbered([
  `“${material.subject}”에는 정확히 무엇이 들어가고 무엇이 빠지나?\n   근거: 여러 출처가 함께 쓰는 정의. 완료 기준: 처음 보는 사람도 사례를 나눌 수 있다.`,
  ...material.some(questions(material.subject), 4),
])}

## 범위
포함: “${material.subject}”에 관한 결정에 필요한 것. 제외: 현재를 설명하지 않는 과거. 기간: 최근 열두 달(가정). 독자: 10분 안에 결정해야 하는 사람(가정).

## 남은 질문
${material.some(OPEN_POINTS, 1).join('')}`,

    COLLECTOR: (material) =>
      material.sources.some(({ excerpt }) => excerpt) ? collectedPages(material) : collectedSample(material),

    VALIDATOR: ({ subject, order, points, cited, done, skipped, some }) => `## 점검
${table(
  ['번호', '주장', '판정'],
  filledUp(points, generalClaims(subject)).map((claim, index) => [
    `${index + 1}`,
    claim,
    VERDICTS[index % VERDICTS.length]!,
  ]),
)}

## 문제
${numbered(some(problems(subject), 2))}

## 빠진 것
${skipped.length > 0 ? `${quoted(skipped)} 단계를 건너뛰어 그 내용은 점검하지 못했습니다.` : `“${subject}”에 관한 결과에 누가 왜 반대할지 아무도 말하지 않았습니다.`}

## 판정
“${order}”: ${done === 0 ? '점검할 앞 단계의 결과가 없어, 위 내용은 점검 계획입니다.' : '다음 단계는 확인된 것을 믿어도 되며, 나머지에는 단서를 달아야 합니다.'}${sourceSection('출처', cited)}`,

    SYNTHESIZER: ({ subject, order, points, cited, skipped, some }) => `## 핵심 통찰
${numbered(
  filledUp(points, generalClaims(subject))
    .slice(0, 4)
    .map((claim, index) => `**${claim}** ${REASONS[index % REASONS.length]}`),
)}

## 전체 그림
${some(pictures(subject), 1).join('')} 주어진 지시: “${order}”.

## 요청에 대한 결론
“${subject}”에 대해 되돌릴 수 있는 첫 결정은 지금 내려도 됩니다. 여러 해를 묶는 결정은 남은 질문이 풀릴 때까지 미루는 편이 낫습니다.

## 아직 모르는 것
${skipped.length > 0 ? `${quoted(skipped)} 단계를 건너뛰어 그 내용이 없습니다. ` : ''}“${subject}”의 상황이 나빠질 때 어떻게 되는지, 알려지지 않은 사례도 알려진 사례와 같은지는 모릅니다.${sourceSection('출처', cited)}`,

    REPORTER: (material) => report(material),

    CUSTOM: ({ subject, title, order, points, cited, some }) => `## ${title}
${CUSTOM_FORMS.find(({ verb }) => verb.test(order))?.opening ?? '이 단계의 결과입니다'}. 지시: “${order}”.

${bullets(filledUp(points, generalClaims(subject)).slice(0, 4))}

${some(conclusions(subject), 1).join('')}${sourceSection('출처', cited)}`,
  },
};

/** What the pages say, in their own words. */
function collectedPages({ subject, sources, order }: Material): string {
  return `## 출처
${bullets(sources.map(({ mark, label, error }) => `${mark} ${label || '출처'}${error === null ? '' : ` (읽지 못함: ${error})`}`))}

## 찾은 내용
${bullets(sources.filter(({ excerpt }) => excerpt).map(({ mark, excerpt }) => `이 문서는 이렇게 시작합니다: ${excerpt} ${mark}`))}

## 빈 곳
OFFLINE 모델은 이 문서들을 옮길 뿐 이해하지 못합니다. “${subject}”에 어떤 뜻이 있는지는 독자의 몫입니다. 주어진 지시: “${order}”.`;
}

function collectedSample({ subject, focus, order, sources, mark, some }: Material): string {
  const kinds = [`“${subject}” 개요`, `“${focus}” 기록`, `“${subject}” 관계자 면담`];
  const failed = sources.map(({ label, error }) => `읽지 못함: ${[label, error].filter(Boolean).join(': ')}`);
  return `읽을 수 있는 출처가 없었습니다. 아래는 오프라인 예시 자료로, 결과의 형식만 보여 주며 사실이 아닙니다.

## 출처
${bullets([...kinds.map((kind, index) => `${mark(index)} ${kind} (오프라인 예시, URL 없음)`), ...failed])}

## 찾은 내용
${bullets(some(findings(subject, focus, [mark(0), mark(1), mark(2)]), 4))}

## 빈 곳
“${focus}”에 관한 자료에는 날짜가 없고, 반대로 결정한 사람의 이야기도 없습니다. 주어진 지시: “${order}”.`;
}

function report({ subject, order, points, cited, done, skipped, some }: Material): string {
  const { points: found, sources } = numberSources(
    filledUp(points, generalClaims(subject)).slice(0, 3),
    cited,
  );
  return `# ${subject}: ${some(['무엇을 기대할 수 있나', '무엇을 해야 하나', '가까이에서 본 모습'], 1).join('')}

## 요약
“${subject}”에 대해 지금 자료로 내릴 수 있는 결론은 첫걸음까지입니다. 이 답은 세 가지 결과에 기대고 있습니다. 세 결과는 같은 방향을 가리키며 근거가 서로 다릅니다. 가장 큰 단서는 반대로 결정한 사람의 이야기를 듣지 못했다는 점입니다. 이 보고서는 세상에 대해 아무것도 모르는 각본인 OFFLINE 모델이 썼습니다. 사실이 아니라 형식의 예로 읽어 주세요.

## 결과
${found.map((finding, index) => `### ${HEADINGS[index]}\n${finding}. ${EXPLANATIONS[index]}`).join('\n\n')}

${table(
  ['질문', '지금까지의 답', '확신'],
  [
    ['방향은 분명한가?', '그렇다. 모든 근거가 일치한다', '높음'],
    ['크기를 아는가?', '수치가 아니라 범위로만 안다', '중간'],
    ['되돌릴 수 없는 결정을 내릴 때인가?', '남은 질문이 풀리기 전에는 아니다', '낮음'],
  ],
)}

## 권고
${numbered([...some(RECOMMENDATIONS, 2), '이 일에 반대할 사람 한 명에게 묻고, 가장 강한 반론에 글로 답하세요.'])}

## 출처
${sources.length > 0 ? bullets(sources) : '이 보고서는 외부 출처에 기대지 않습니다.'}

## 한계
${done > 0 ? `앞 단계의 글 ${done}편을 사용했습니다.` : '바탕이 될 앞 단계의 결과가 없었습니다.'}${skipped.length > 0 ? ` ${quoted(skipped)} 단계를 건너뛰어 그쪽 내용이 없습니다.` : ''} 새로 잰 것은 없으며, 자료가 답하지 못한 것은 여기서도 답하지 못합니다. 주어진 지시: “${order}”.`;
}

/** What can be said of any subject. */
const generalClaims = (subject: string) => [
  `“${subject}”에 대해서는 크기보다 방향이 더 분명하다`,
  `“${subject}”을(를) 날마다 다루는 사람과 결정하는 사람은 서로 다른 문제를 본다`,
  `“${subject}”에서는 크게 시작한 경우보다 작게 시작한 경우가 나았다`,
];

const questions = (subject: string) => [
  `최근 “${subject}”에서 무엇이 얼마나 빨리 달라졌나?\n   근거: 두 시점에서 같은 방법으로 잰 값. 완료 기준: 방향과 크기를 안다.`,
  `“${subject}”에 유리한 점과 불리한 점은 무엇인가?\n   근거: 서로 무관한 출처들이 드는 이유. 완료 기준: 각각 가장 강한 두 가지를 안다.`,
  `“${subject}”은(는) 누구에게 어떻게 다르게 영향을 주나?\n   근거: 당사자의 이야기. 완료 기준: 집단마다 이해관계를 적었다.`,
  `“${subject}”에는 어떤 비용이 들고 누가 부담하나?\n   근거: 날짜와 통화가 붙은 금액. 완료 기준: 범위를 말할 수 있다.`,
  `“${subject}”의 대안은 무엇인가?\n   근거: 같은 기준으로 한 비교. 완료 기준: 대안마다 찬성과 반대 이유가 하나씩 있다.`,
  `“${subject}”에는 어떤 위험이 따르나?\n   근거: 잘못된 사례. 완료 기준: 위험마다 미리 알아볼 징후가 있다.`,
];

const findings = (
  subject: string,
  focus: string,
  [overview, notes, interviews]: [string, string, string],
) => [
  `“${subject}”에 관한 이야기들은 방향에서 일치하고 크기에서 갈린다 ${overview}`,
  `“${subject}”에 대한 찬성과 반대 모두 가격을 첫째, 신뢰성을 둘째 이유로 든다 ${overview}`,
  `“${subject}”의 요약은 대부분 몇 안 되는 같은 원자료에서 나왔다 ${overview}`,
  `“${focus}”에 무엇을 넣느냐가 서로 달라 결과도 다르다 ${notes}`,
  `새 자료는 “${focus}”에 대해 옛 자료보다 조심스럽다 ${notes}`,
  `“${subject}”을(를) 날마다 다루는 사람은 결정하는 사람과 다른 문제를 말한다 ${interviews}`,
  `“${focus}”의 첫 성과는 작게 시작한 곳에서 좋았다 ${interviews}`,
];

const problems = (subject: string) => [
  `“${subject}”에 관한 두 진술은 기간이 달라 그대로 비교하면 안 됩니다.`,
  '한 주장은 근거보다 넓습니다. 일부만 보이고 전체를 말합니다.',
  '함께 일어난 일을 원인으로 적었습니다. “함께 나타난다”로 고쳐야 합니다.',
  '한 진술은 출처가 하나뿐입니다. 둘째 출처나 단서가 필요합니다.',
];

const pictures = (subject: string) => [
  `각 단계는 “${subject}”의 방향에서 일치하고 속도에서 갈립니다. 근거는 가장 가까이 있는 사람들이 말하는 느린 쪽에 더 무게를 둡니다.`,
  `“${subject}”에 관한 모순처럼 보이는 것은 정의의 차이입니다. 같은 사례를 세면 양쪽의 말이 거의 같아집니다.`,
  `서로 무관한 세 갈래가 “${subject}”에 대해 같은 그림을 보여 줍니다. 다른 그림을 보이는 하나는 자료가 가장 오래되었습니다.`,
];

const conclusions = (subject: string) => [
  `“${subject}”에서는 둘째 항목이 가장 무겁습니다(추론). 바로 실행할 수 있는 것이기 때문입니다.`,
  `함께 읽으면 “${subject}”은(는) 노력보다 순서의 문제입니다(추론).`,
  `반례가 없습니다. “${subject}”이(가) 다르게 흘러간 사례 하나가 필요합니다(추론).`,
];

const OPEN_POINTS = [
  '어느 지역이 가장 중요한지 모릅니다. 모든 지역을 다루며 진행합니다.',
  '얼마까지 쓸 수 있는지 모릅니다. 가격을 적고 선택은 남겨 둡니다.',
  '결과를 누가 더 읽는지 모릅니다. 한 사람의 독자를 두고 진행합니다.',
];

const VERDICTS = [
  '그럴듯함: 나머지와 맞지만 증명되지 않음',
  '확인됨: 서로 무관하게 두 번 나옴',
  '근거 없음: 출처보다 넓게 말함',
  '그럴듯함: 출처 하나, 날짜 없음',
];

const REASONS = [
  '이를 말하는 사람 모두가 첫째로 꼽습니다. 확신: 높음. 근거가 서로 무관하기 때문입니다.',
  '다른 결과를 설명하며 받아들이는 데 드는 비용이 없습니다. 확신: 중간. 시험해 보지 않았기 때문입니다.',
  '살펴본 곳에서는 맞지만 살펴본 곳이 적습니다. 확신: 낮음. 사례를 무작위로 고르지 않았기 때문입니다.',
  '앞의 것들에서 따라 나옵니다(추론). 확신: 중간.',
];

const HEADINGS = ['한 가지가 두드러진다', '근거가 서로 다르다', '한 질문이 나머지를 정한다'];

const EXPLANATIONS = [
  '찾은 다른 내용은 모두 이와 맞으며, 어긋나는 것은 없습니다.',
  '첫째 결과와 다른 길로 얻었으므로 두 결과 모두 더 튼튼해집니다.',
  '이것이 풀리지 않는 동안 비용과 효과의 모든 추정은 범위에 머뭅니다.',
];

const RECOMMENDATIONS = [
  '실수를 되돌릴 수 있는 곳에서 작게 시작하고, 무엇을 성공으로 볼지 미리 적어 두세요.',
  '날마다 이 일을 다루는 사람이 첫 사례를 고르게 하세요. 무엇이 전형적인지 그들이 압니다.',
  '비교하기 전에 정의를 하나로 정하고, 그에 맞지 않는 수치는 버리세요.',
  '결정할 날짜를 정하고, 그날까지 아는 것으로 결정하세요.',
];

/** How the answer to a prompt begins, by what the prompt asks for; in Korean the verb comes last. */
const CUSTOM_FORMS = [
  { verb: /번역/u, opening: 'OFFLINE 모델은 번역할 수 없어, 번역할 내용을 모았습니다' },
  { verb: /요약|줄여/u, opening: '핵심만 모았습니다' },
  { verb: /비교|순위|평가/u, opening: '강한 것부터 나란히 놓았습니다' },
  { verb: /나열|목록|추출|찾|수집/u, opening: '찾은 것을 적었습니다' },
  { verb: /점검|검토|검증|확인|비판/u, opening: '다시 살펴도 남는 것을 적었습니다' },
  { verb: /작성|써|쓰|초안/u, opening: '첫 초안입니다' },
  { verb: /설명/u, opening: '쉬운 말로 적었습니다' },
];
