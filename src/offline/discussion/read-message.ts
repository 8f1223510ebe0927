/** Reads a message by patterns of English and Korean, without a model. */
import type {
  IncomingMessage,
  Intent,
  ProposalLine,
  ReadingAnswer,
} from '../../modules/discussion/engine/read-message.ts';
import { wordedLanguage } from '../words/language.ts';
import { EMPTY_MEMORY, type MemoryChange } from '../../modules/discussion/engine/memory.ts';
import { answeredBy, isClear, isGreeting, openPoints, sentencesOf, titleOf } from './request-parsing.ts';
import type { Strategy } from '../../modules/discussion/engine/proposal.ts';

export function readByPatterns({ text, ...known }: IncomingMessage): ReadingAnswer {
  const message = { ...known, text: singleSpaced(text.slice(0, MAX_READ_LENGTH)) };
  if (START_OVER.test(message.text)) return readStartOver(message);
  return message.proposals.length > 0 ? readReaction(message) : readNeed(message);
}

/** Patterns with a gap of any length take quadratic time in a long run of spaces. */
function singleSpaced(text: string): string {
  return text.replace(/[^\S\n]+/gu, ' ').replace(/ ?\n[\n ]*/gu, '\n');
}

/** Before there are designs, whatever is not small talk says something about the need. */
function readNeed({ text, memory, language }: IncomingMessage): ReadingAnswer {
  if (isGreeting(text) || ABOUT_US.test(text.trim()))
    return reading(['TALK'], { asked: openPoints('', wordedLanguage(language)) });
  const need = [...memory.agreedRequirements, text].join(' ');
  const isFirst = memory.agreedRequirements.length === 0;
  return {
    ...reading([isFirst ? 'DESCRIBE' : 'ADD'], {
      ...statements(text),
      asked: memory.openQuestions.length === 0 ? openPoints(need, wordedLanguage(language)) : [],
      answered: answeredBy(need, memory.openQuestions),
    }),
    isClear: isClear(need),
    title: titleOf(need),
  };
}

function readStartOver(message: IncomingMessage): ReadingAnswer {
  const rest = message.text
    .replace(START_OVER, ' ')
    .replace(/^[\s,.:;–—-]+(and\b|instead\b)?/iu, '')
    .replace(/\s+instead\s*[.!]*$/iu, '');
  const fresh = readNeed({
    ...message,
    text: rest,
    memory: EMPTY_MEMORY,
  });
  const intents: Intent[] = fresh.isClear ? ['START_OVER', 'DESCRIBE'] : ['START_OVER'];
  return {
    ...fresh,
    intents,
    memory: fresh.isClear
      ? fresh.memory
      : { ...NOTHING, asked: openPoints('', wordedLanguage(message.language)) },
  };
}

/** Once there are designs, a message reacts to them. */
function readReaction(message: IncomingMessage): ReadingAnswer {
  const { text, proposals, memory } = message;
  const target = targetOf(text, proposals);
  const answered = answeredBy(text, memory.openQuestions);
  if (isQuestion(text)) return { ...reading(['ASK'], { answered: [] }), target };

  const change = changeOf(text);
  const selects = SELECTING.test(text) || (target !== null && change === null && isShort(text));
  const confirms = selects
    ? GO_AHEAD.test(text)
    : (SAYING_YES.test(text.trim()) || GO_AHEAD.test(text)) && !SAYING_NO.test(text);
  const intents: Intent[] = [
    ...(selects && (target !== null || change === null) ? ['SELECT' as const] : []),
    ...(change !== null ? ['REFINE' as const] : []),
    ...(confirms && change === null ? ['CONFIRM' as const] : []),
  ];
  if (intents.length > 0) {
    const agreed = change === null ? [] : sentencesOf(change, 1);
    return {
      ...reading(intents, { agreed, answered, preferences: statements(text).preferences }),
      target,
      change,
    };
  }
  if (SAYING_NO.test(text) || OPINION.test(text)) return { ...reading(['ASK'], { answered }), target };
  if (isShort(text)) return { ...reading(['TALK'], { answered }), target };
  return { ...reading(['ADD'], { ...statements(text), answered }), target, change: text };
}

/** Which design is meant: by place, by strategy, by title, or the best. */
function targetOf(text: string, proposals: readonly ProposalLine[]): Strategy | null {
  const lower = text.toLowerCase();
  const place = PLACES.findIndex((pattern) => pattern.test(text));
  const best = proposals.toSorted((a, b) => b.score - a.score)[0];
  const { head } = splitChange(text);
  const found =
    proposals.find(({ title }) => title.length > 3 && lower.includes(title.toLowerCase())) ??
    (place >= 0 ? proposals[place] : undefined) ??
    (LAST.test(text) ? proposals.at(-1) : undefined) ??
    proposals.find(
      ({ strategy }) => STRATEGY_NAMES[strategy].test(text) || STRATEGY_WORDS[strategy].test(head),
    ) ??
    (BEST.test(text) ? best : undefined);
  return found?.strategy ?? null;
}

function isQuestion(text: string): boolean {
  const trimmed = text.trim();
  const asks = /[?？]/u.test(trimmed) || QUESTION_START.test(trimmed) || KOREAN_QUESTION.test(trimmed);
  const demands =
    (POLITE_START.test(trimmed) || IMPERATIVE_START.test(trimmed) || KOREAN_POLITE.test(trimmed)) &&
    (changeOf(trimmed) !== null || SELECTING.test(trimmed));
  return asks && !demands;
}

function changeOf(text: string): string | null {
  return splitChange(text).change;
}

/** The change goes from the word that asks for it to the end; in Korean, where the verb ends a clause, it is whole clauses. */
function splitChange(text: string): { head: string; change: string | null } {
  const clauses = text.split(KOREAN_CLAUSE);
  const korean = clauses.filter((clause) => KOREAN_CHANGE.test(clause));
  if (korean.length > 0) {
    return {
      head: clauses.filter((clause) => !korean.includes(clause)).join(', '),
      change: korean.join(', ').trim(),
    };
  }
  const start = text.search(CHANGE);
  return start < 0
    ? { head: text, change: null }
    : { head: text.slice(0, start), change: text.slice(start).trim() };
}

function statements(text: string): Pick<MemoryChange, 'agreed' | 'preferences'> {
  const sentences = sentencesOf(text, 6).filter((sentence) => !isGreeting(sentence));
  return {
    agreed: sentences.filter((sentence) => !PREFERENCE.test(sentence)),
    preferences: sentences.filter((sentence) => PREFERENCE.test(sentence)),
  };
}

function isShort(text: string): boolean {
  return (text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) <= 4;
}

function reading(intents: Intent[], memory: Partial<MemoryChange>): ReadingAnswer {
  return {
    intents,
    target: null,
    change: null,
    isClear: false,
    title: null,
    memory: { ...NOTHING, ...memory },
  };
}

/** A long message says first what it wants. */
const MAX_READ_LENGTH = 4_000;

const NOTHING: MemoryChange = { agreed: [], withdrawn: [], asked: [], answered: [], preferences: [] };

const START_OVER =
  /\b(?:start(?:ing)? (?:over|again|afresh|from scratch)|begin again|scrap (?:it|this|that|all|everything)|(?<!(?:not|never|n't|n’t) )forget (?:it all|it|all|this|that|everything)(?: of (?:it|this|that))?|reset (?:it|this|everything|the discussion)|never ?mind all)\b|처음부터 (?:다시|하자|할래|시작)\S*|다시 시작\S*|초기화\S*|없던 (?:일|걸)로\S*/iu;

const ABOUT_US =
  /^(?:(?:what (?:can|do|are) you|who are you|how (?:do|does) (?:you|this|it) work|what is this|help)\b.{0,20}$|.{0,12}(?:뭘|뭐|무엇|무얼|누구).{0,12}$)/iu;

const QUESTION_START =
  /^(?:(?:and|but|so|ok(?:ay)?|hm+|well)[, ]+)?(?:why|what|how|which|who|when|where|is|are|does|do you|did|can|could|would|should|will|compare|explain|tell me|what's|what’s)\b/iu;
const KOREAN_QUESTION =
  /(?:왜|무엇|어떻게|어느|어떤 (?:게|것|차이)|차이|비교해|설명해|까요|나요|인가요|습니까)/u;
const KOREAN_POLITE = /주실|주시|줄 수|줄래/u;
const POLITE_START = /^(?:(?:and|but|so|ok(?:ay)?|yes)[, ]+)?(?:please |can|could|would|will|let)/iu;
const IMPERATIVE_START =
  /^(?:(?:and|but|so|ok(?:ay)?|yes|then|please)[, ]+)*(?:add|remove|drop|change|replace|include|take|choose|pick|select|go with|use|make)\b/iu;

const SELECTING =
  /\b(?:take|choose|pick|select|go(?:ing)? (?:with|for)|prefer|settle on|opt for|(?:i'd|i’d|i would|we'd) like (?:the|option|number)|i (?:like|want) (?:the|option|number)|let's (?:do|use|have) (?:the|option|number)|use (?:the|option|number)|the winner)\b|선택|골라|고를|고르|(?:으?로|걸로|것으로|안으로)\s*(?:할|하자|하고|하되|해|갈|가자|가죠|진행|부탁|결정)/iu;

const CHANGE =
  /\b(?:(?:do not|don't|don’t|no need to) )?(?:add|remove|drop|delete|change|replace|include|exclude|leave out|take out|get rid of|insert|swap|rename|shorten|simplify|merge|split|reorder|translate|extend|reduce|increase|make (?:it|the|this|that|them|sure)|use (?:an?|only|more|less|fewer|another|different|gpt\S*|claude\S*|gemini\S*)|put (?:an?|the|in)|have (?:it|the|an?)|without|but with|let (?:me|a person|someone)|ask me|(?:a bit |much )?(?:cheaper|faster|shorter|longer|deeper))\b/iu;
const KOREAN_CHANGE =
  /추가|넣어|빼|제거|없애|삭제|바꿔|바꾸|변경|수정|교체|줄여|늘려|포함|없이|더\s*(?:빠르|빨리|싸|저렴|꼼꼼|정확|짧|길|깊)/u;
const KOREAN_CLAUSE =
  /[,.!;\n]+|\s*(?:하지만|그런데|다만|대신)\s*|(?<=하고|하되|되|지만|는데|할게|할게요|가되)\s+/u;

const SAYING_YES =
  /^(?:yes|yep|yeah|yup|sure|ok(?:ay)?|confirm(?:ed)?|approved?|agreed?|perfect|great|good|fine|excellent|wonderful|do it|ship it|run it|start|proceed|lgtm|looks? (?:good|great|right)|sounds? (?:good|great|right)|that(?:'s|’s| is) (?:it|fine|good|right|perfect)|exactly|let's (?:go|do it|start)|go)\b|^(?:네|예|응|넵|좋아|좋습|좋네|확정|진행|동의|그래|오케이|ㅇㅋ|ㅇㅇ|완벽|맞아|맞습|시작)/iu;
const GO_AHEAD =
  /\b(?:go ahead|go for it|confirm(?:ed)?|ship it|let's go|please proceed|and (?:run|start|proceed)|run it|start it)\b|확정|진행(?:해|하|시)|실행해|시작해/iu;
const SAYING_NO =
  /\b(?:no|nope|not|don't|don’t|do not|doesn't|doesn’t|isn't|isn’t|wait|never|wrong|neither|none)\b|^(?:아니|아뇨|싫|별로)|안 (?:돼|됩|좋)|말고/iu;
const OPINION =
  /\b(?:i (?:think|feel|believe|worry|doubt|wonder|fear|like|love|hate)|too (?:expensive|slow|long|much|many|complex|complicated|risky|short|shallow)|concern(?:ed|s)?|worried|seems?|unsure|not sure)\b|너무|걱정|생각|것 같|글쎄/iu;
const PREFERENCE =
  /\b(?:prefer\w*|rather|ideally|i like|we like|i want it (?:fast|cheap|thorough)|as (?:fast|cheap|quick) as)\b|선호|했으면|이왕이면|되도록|가능하면/iu;

const DESIGN_NOUN = '(?:one|option|design|proposal|version|plan|choice|variant|alternative)';

/** "the second one", "option 2", "#2", "2번"; a bare number. */
const PLACES: readonly RegExp[] = [
  placePattern('first|1st', 1, '첫\\s*번째|첫째|하나째'),
  placePattern('second|2nd', 2, '두\\s*번째|둘째'),
  placePattern('third|3rd', 3, '세\\s*번째|셋째'),
];
const LAST = /\bthe last(?: one| option| design)?\b|마지막/iu;
const BEST =
  /\b(?:best|top)(?:[ -](?:one|rated|scored|option|design))\b|\b(?:your (?:recommendation|favou?rite|choice|pick)|the recommended|recommended one|you (?:choose|decide|pick)|up to you|whichever)\b|추천|알아서/iu;

const STRATEGY_STEMS: Record<Strategy, { en: string; ko: string }> = {
  SPEED: {
    en: 'speed|speedy|fast|fastest|quick|quickest|cheap|cheapest|simple|simplest',
    ko: '속도|빠른|신속|간단한|저렴한|(?<!비)싼',
  },
  QUALITY: {
    en: 'quality|thorough|deep|deepest|careful|detailed|most reliable|premium',
    ko: '품질|꼼꼼한|정밀|심층|철저',
  },
  BALANCED: { en: 'balanced?|middle|in[- ]between|compromise', ko: '균형|중간|밸런스|절충' },
};
/** Enough outside of a change; within one, "a quality check" is no choice of a design, "the quality design" is. */
const STRATEGY_WORDS = strategyPatterns(({ en, ko }) => `\\b(?:${en})\\b|(?:${ko})`);
const STRATEGY_NAMES = strategyPatterns(
  ({ en, ko }) =>
    `\\b(?:${en})\\s+${DESIGN_NOUN}\\b|(?:${ko})[^,.]{0,6}\\s?(?:것|거|걸|안|설계|디자인|버전|제안|쪽)`,
);

function strategyPatterns(source: (stems: { en: string; ko: string }) => string): Record<Strategy, RegExp> {
  const pattern = (strategy: Strategy) => new RegExp(source(STRATEGY_STEMS[strategy]), 'iu');
  return { SPEED: pattern('SPEED'), QUALITY: pattern('QUALITY'), BALANCED: pattern('BALANCED') };
}

function placePattern(ordinals: string, digit: number, korean: string): RegExp {
  return new RegExp(
    [
      `\\b(?:${ordinals})\\s+${DESIGN_NOUN}\\b`,
      `\\bthe\\s+(?:${ordinals})\\b(?=\\s*(?:[,.!?;]|$|and\\b|but\\b|please\\b|with\\b|looks?\\b|is\\b|seems?\\b))`,
      `\\b(?:option|number|no\\.?|design|proposal|variant|plan)\\s*#?${digit}\\b`,
      `#${digit}\\b`,
      `(?<!\\d)${digit}\\s*(?:번|안)`,
      `^\\s*${digit}\\s*[.!)]?\\s*$`,
      korean,
    ].join('|'),
    'iu',
  );
}
