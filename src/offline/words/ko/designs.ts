import type { Aspect, Aspects, ChangeWords, CritiqueWords, DesignWords, OpenTopic } from '../words.ts';

export const DESIGNS: DesignWords = {
  yourRequest: '요청하신 내용',
  shortForm: '반 쪽 이내: 먼저 답을 쓰고, 그 근거가 되는 사실 세 가지를 적습니다.',
  normalForm: '한두 쪽: 다섯 줄 요약, 주제별 결과, 권고, 남은 문제를 적습니다.',
  fullForm:
    '전체 보고서: 요약, 근거를 붙인 주제별 결과, 의견이 갈린 점과 그 정리, 위험, 권고, 출처 목록을 적습니다.',
  analyze: (subject) => ({
    title: '질문 나누기',
    prompt: `“${subject}”에 대한 요청을 독자가 답을 얻어야 할 질문들로 나누세요. 질문마다 무엇이 좋은 답인지 적고, 불분명한 점과 그에 대한 가정을 밝히세요.`,
  }),
  collect: (subject, angle) => ({
    title: `수집: ${angle}`,
    prompt: `“${subject}”에 관해 다음을 수집하세요: ${angle}. 모든 결과에 출처와 날짜를 붙이고, 찾았지만 없었던 것도 적으세요.`,
  }),
  check: (subject, check) => ({
    title: `검증: ${check}`,
    prompt: `“${subject}”에 관한 결과를 하나씩 보며 다음을 검증하세요: ${check}. 각 결과를 확인됨, 의심됨, 틀림으로 표시하고 이유를 적으세요. 말없이 빼지 마세요.`,
  }),
  challenge: (subject, angle) => ({
    title: `반론 찾기: ${angle}`,
    prompt: `“${subject}”에 관해 찾은 내용(${angle})을 비판적인 독자의 눈으로 보세요. 어떤 결과가 무너질 수 있고, 무엇이 빠졌으며, 반대편의 근거는 무엇인가요?`,
  }),
  merge: (subject) => ({
    title: '결과를 하나의 논지로 종합',
    prompt: `“${subject}”에 관한 결과를 하나의 논지로 종합하세요. 서로 어긋나는 곳은 밝히고 어느 쪽의 근거가 나은지 적으세요. 진술마다 출처를 유지하세요.`,
  }),
  report: (subject, form) => ({
    title: '보고서 작성',
    prompt: `“${subject}”에 관한 보고서를 Markdown으로 쓰세요. ${form}`,
  }),
  mustMeet: '지켜야 할 요구사항:',
  approveFindings: (subject) =>
    `“${subject}”에 관한 결과가 종합되었습니다. 이 내용으로 보고서를 써도 될까요?`,
  approveReport: (subject) =>
    `“${subject}”에 관한 전체 보고서를 썼습니다. 이대로 괜찮은가요? 직접 고치거나 의견을 붙여 돌려보낼 수 있습니다.`,
  speedTitle: (subject) => `빠른 답변: ${subject}`,
  speedSummary: (first) =>
    `작은 모델로 세 단계를 차례로 진행합니다: 질문 나누기, ${first} 수집, 보고. 가장 적은 비용으로 먼저 쓸 만한 답을 얻지만 따로 검증하지는 않습니다.`,
  balancedTitle: (subject) => `균형 잡힌 보고: ${subject}`,
  balancedSummary: (first, second) =>
    `두 수집기가 동시에 일합니다(${first} / ${second}). 결과를 종합한 뒤 승인을 받고 보고서를 씁니다.`,
  qualityTitle: (subject) => `심층 연구: ${subject}`,
  qualitySummary: (check) =>
    `두 방향을 따로 수집하고 강한 모델로 각각 검증합니다(${check}). 전체 보고서는 승인하신 그대로 남습니다.`,
};

export const CRITIQUE: CritiqueWords = {
  checked: (title) => `약한 결과가 보고서에 들어가기 전에 “${title}” 단계에서 걸러집니다.`,
  unchecked: (title) => `“${title}”의 결과를 아무도 검증하지 않아 오류가 그대로 보고서에 들어갑니다.`,
  addCheck: '보고서 전에 출처 검증을 추가하세요.',
  wide: (count) => `수집기 ${count}개가 동시에 일해 넓게 보면서도 시간이 거의 늘지 않습니다.`,
  narrow: '한쪽에서만 보므로 그쪽에 드러나지 않는 것은 보고서에서 빠집니다.',
  addSource: '독립된 시각을 위해 두 번째 수집기를 추가하세요.',
  asks: (title) => `“${title}” 전에 사람이 결정하므로 방향을 바꾸기에 늦지 않습니다.`,
  asksAfter: (title) => `“${title}”의 글을 사람이 읽고 고치거나 돌려보내며, 승인한 글은 그대로 남습니다.`,
  waits: (timeoutSeconds) =>
    timeoutSeconds === null
      ? '승인에 답할 때까지 실행이 멈춰 있습니다.'
      : `승인에 답할 때까지 실행이 멈추고, ${Math.round(timeoutSeconds / 3600)}시간 안에 답이 없으면 끝납니다.`,
  nobodyLooks: '보고서가 끝날 때까지 아무도 결과를 보지 않아 오해가 마지막에야 드러납니다.',
  addApproval: '보고서 전에 승인을 받도록 하세요.',
  small: (count, seconds) => `${count}단계뿐이라 잘못될 일이 적고 약 ${seconds}초 뒤에 답이 나옵니다.`,
  merged: (title) => `서로 어긋나는 점을 독자에게 넘기지 않고 “${title}”에서 정리합니다.`,
  long: (longest, seconds) =>
    `${longest}단계가 차례로 기다려 모두 약 ${seconds}초가 걸리고, 한 단계가 느리면 전체가 늦어집니다.`,
  costly: (count, costUsd) =>
    `호출 ${count}번에 한 번 실행할 때 약 $${costUsd}가 들어 자주 돌리면 부담이 됩니다.`,
  smaller: '수집은 더 작은 모델로 하세요. 판단은 뒤 단계에서만 필요합니다.',
  runs: (count) => `${count}단계의 순서가 분명하고 결과가 하나입니다.`,
  untried: '아직 실제 자료로 시험해 보지 않았습니다.',
  tryFirst: '먼저 자료의 일부로 한 번 실행해 보세요.',
};

export const CHANGES: ChangeWords = {
  check: (object, text) => ({
    title: `검증: ${object}`,
    prompt: `찾은 내용을 쓰기 전에 검증하세요. 요청: “${text}”. 각 결과를 확인됨, 의심됨, 틀림으로 표시하고 이유와 근거 출처를 적으세요.`,
  }),
  collect: (object, text) => ({
    title: `수집: ${object}`,
    prompt: `요청된 내용을 수집하세요: “${text}”. 모든 결과에 출처와 날짜를 붙이세요.`,
  }),
  custom: (title, text) => ({
    title,
    prompt: `앞 단계의 결과로 다음을 수행하고 중요한 것을 다음 단계로 넘기세요: “${text}”.`,
  }),
  question: (title, text) =>
    `“${title}” 단계를 시작하려고 합니다. 먼저 결정하기로 하신 내용: “${text}”. 계속할까요?`,
  questionAfter: (title, text) =>
    `“${title}” 단계의 글이 나왔습니다. 확인하기로 하신 내용: “${text}”. 이대로 괜찮은가요?`,
  added: (title) => `“${title}” 단계를 추가했습니다.`,
  removed: (title) => `“${title}” 단계를 뺐고, 뒤 단계가 앞 단계를 바로 이어받습니다.`,
  approval: (title) => `이제 “${title}” 전에 사람이 결정합니다.`,
  approvalAfter: (title) => `이제 “${title}”의 글을 사람이 확인하며, 승인한 글은 그대로 남습니다.`,
  noApproval: (title) => `“${title}” 단계는 더 이상 사람을 기다리지 않습니다.`,
  nobodyAsked: '사람을 기다리는 단계가 없어 바꿀 것이 없었습니다.',
  instructed: (title, text) => `“${title}” 단계가 “${text}”도 따릅니다.`,
  faster: '모든 단계를 빠른 모델로 바꾸고 답을 더 짧게 합니다.',
  deeper: '모든 단계를 강한 모델로 바꾸고 더 길게 답할 수 있게 합니다.',
};

export const ASPECTS: Record<Aspect, Aspects> = {
  COMPARISON: {
    first: '후보별 기능과 한계',
    second: '가격, 조건, 사용자 경험',
    check: '모든 후보를 같은 기준으로 비교했는지',
  },
  LEGAL: {
    first: '적용되는 조항과 규칙',
    second: '선례, 기한, 제재',
    check: '모든 진술이 조항을 인용하는지',
  },
  SOFTWARE: {
    first: '구조, 인터페이스, 의존성',
    second: '알려진 문제, 위험, 테스트 공백',
    check: '모든 지적을 코드에서 재현할 수 있는지',
  },
  FEEDBACK: {
    first: '칭찬과 불만의 내용',
    second: '주제별 빈도와 대상 고객',
    check: '각 주제가 여러 인용에 근거하는지',
  },
  MARKET: {
    first: '시장 수치와 추세',
    second: '경쟁사의 움직임과 가격',
    check: '수치가 출처 간에 일치하고 날짜가 있는지',
  },
  DATA: {
    first: '합계, 추세, 이상치',
    second: '집단과 기간별 차이',
    check: '합계가 맞고 데이터의 빈 곳을 밝혔는지',
  },
  NEWS: {
    first: '1차 보도로 확인한 사건',
    second: '전문가와 당사자의 해석',
    check: '항목마다 날짜와 독립된 보도 두 건이 있는지',
  },
  WRITING: {
    first: '이야기할 만한 사실과 사례',
    second: '독자가 이미 아는 것과 묻는 것',
    check: '주장이 사실이고 어조가 독자에 맞는지',
  },
  GENERAL: {
    first: '1차 자료의 사실',
    second: '독립된 견해와 반례',
    check: '모든 주장에 열어볼 수 있는 출처가 있는지',
  },
};

export const QUESTIONS: Record<OpenTopic, string> = {
  RESULT: '마지막에 무엇이 나와야 하고, 무엇에 관한 것인가요?',
  READERS: '결과를 누가 읽고, 무엇을 결정하는 데 쓰나요?',
  SOURCES: '어떤 자료를 쓸 수 있고, 제외할 자료가 있나요?',
  PERIOD: '어느 기간을 다루고, 정보가 얼마나 최신이어야 하나요?',
  FORM: '보고서의 분량과 형식은 어떻게 할까요?',
};
