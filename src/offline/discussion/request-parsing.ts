/** What can be said about a need without a model: its subject, whether it is clear, and what is still open. */
import { HANGUL } from '../../modules/discussion/engine/language.ts';
import { type Language, WORDS } from '../words/language.ts';
import type { OpenTopic } from '../words/words.ts';
import { type Memory, tidy } from '../../modules/discussion/engine/memory.ts';

/** Whether there is enough to design from: about a sentence that says more than "please make me a report". */
export function isClear(need: string): boolean {
  const words = withoutGreeting(need).match(WORD) ?? [];
  const telling = words.filter(
    (word) => ![FILLER, KOREAN_LEAD, KOREAN_REQUEST].some((one) => one.test(word)),
  );
  const written = words.join('');
  const count = (letters: RegExp) => written.match(letters)?.length ?? 0;
  return (
    (words.length >= 3 && telling.length >= 2 && count(/\p{L}/gu) >= 10) ||
    count(/[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]/gu) >= 8 ||
    count(/\p{scx=Hangul}/gu) >= 14
  );
}

/** Whether there is nothing but a greeting or thanks. */
export function isGreeting(text: string): boolean {
  return GREETING.test(text.trim()) && !/[\p{L}\p{N}]/u.test(withoutGreeting(text));
}

/** The few words that name what the need is about, from its first clear line; empty when it has no words. */
export function subjectOf(need: string): string {
  const lines = need.split('\n', MAX_READ);
  const sentence = firstSentence(withoutGreeting(lines.find(isClear) ?? lines.join(' ')));
  return HANGUL.test(sentence)
    ? wholeWords(koreanSubject(sentence), MAX_SUBJECT_LENGTH)
    : wholeWords(wordsOfSubject(sentence), MAX_SUBJECT_LENGTH).replace(DANGLING, '');
}

/** A name for the conversation. */
export function titleOf(need: string): string | null {
  const subject = subjectOf(need);
  if (subject === '') return null;
  return subject.charAt(0).toUpperCase() + subject.slice(1);
}

/** Questions that a careful person would ask before starting, at most three. */
export function openPoints(need: string, language: Language): string[] {
  return POINTS.filter((point) => !point.isMentioned(need))
    .map(({ topic }) => WORDS[language].questions[topic])
    .slice(0, 3);
}

/** What a reply asks when too little is known: the open questions, or those of any need. */
export function questionsOf({ openQuestions }: Pick<Memory, 'openQuestions'>, language: Language): string[] {
  return openQuestions.length > 0 ? openQuestions.slice(0, 3) : openPoints('', language);
}

/** The places, from 1, of the questions that a text speaks to. */
export function answeredBy(text: string, questions: readonly string[]): number[] {
  return questions.flatMap((question, index) => {
    const point = POINTS.find(({ topic }) => isQuestionOf(topic, question));
    return point?.isMentioned(text) ? [index + 1] : [];
  });
}

function isQuestionOf(topic: OpenTopic, question: string): boolean {
  return Object.values(WORDS).some(({ questions }) => questions[topic] === question);
}

/** The sentences of a text, tidied; a list counts as sentences. */
export function sentencesOf(text: string, limit: number): string[] {
  return text
    .split(/(?<=[.!?。！？])\s+|\n+/u)
    .map((sentence) => tidy(sentence.replace(/^[\s>*#•-]+/u, '')))
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
    .slice(0, limit);
}

/** Up to the last word that fits; a text without spaces is cut. */
function wholeWords(text: string, maxLength: number): string {
  const line = tidy(text);
  if (line.length <= maxLength) return line;
  const end = line.lastIndexOf(' ', maxLength);
  return end > 0 ? line.slice(0, end) : tidy(line, maxLength);
}

function withoutGreeting(text: string): string {
  return Array.from(text.trimStart()).slice(0, MAX_READ).join('').replace(GREETING, '');
}

function firstSentence(text: string): string {
  const plain = text.replace(/https?:\/\/\S+/gu, ' ').replace(/[`*_#<>|~{}[\]"“”]+/gu, ' ');
  return plain.split(/[.!?。！？\n]+/u).find((part) => /\p{L}/u.test(part)) ?? '';
}

/** Up to the object of the sentence: "국내 전기차 시장을 조사해 주세요" is about "국내 전기차 시장". */
function koreanSubject(sentence: string): string {
  const words = sentence
    .trim()
    .split(/[\s,:;]+/u)
    .filter((word) => !KOREAN_LEAD.test(word));
  const object = words.findIndex((word) => /.[을를]$|에\s?(대|관)/u.test(word));
  const request = words.findIndex((word) => KOREAN_REQUEST.test(word));
  const end = object >= 0 ? object + 1 : request > 0 ? request : words.length;
  const chosen = words.slice(0, Math.min(end, MAX_SUBJECT_WORDS));
  return chosen.join(' ').replace(/(?<=\p{L}{2})(에\s?(대|관).*|[을를이가은는에의]|으?로)$/u, '');
}

/** What stays when "I need a weekly report about" and all that follows the object are taken away. */
function wordsOfSubject(sentence: string): string {
  const words = sentence.trim().split(/\s+/u);
  const start = words.findIndex((word) => !FILLER.test(word.replace(/[^\p{L}\p{N}'’-]/gu, '')));
  const rest = (start < 0 ? words : words.slice(start)).join(' ').replace(REPORT_ABOUT, '');
  const clause = rest.split(CLAUSE_END)[0]!.trim();
  const chosen = (clause.length >= 3 ? clause : rest).split(' ').slice(0, MAX_SUBJECT_WORDS).join(' ');
  return chosen.replace(/[^\p{L}\p{N})%+]+$/u, '').replace(DANGLING, '');
}

/** A need says what it is about in its first characters. */
const MAX_READ = 1_000;
const MAX_SUBJECT_WORDS = 14;
const MAX_SUBJECT_LENGTH = 80;
const WORD = /[\p{L}\p{N}]+/gu;

const GREETING =
  /^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings|thanks|thank you|안녕하세요|안녕하십니까|안녕|반갑습니다|반가워요?|감사합니다|고마워요?)(?: there| all| team)?(?![\p{L}\p{N}])[\s,.!~👋🙂😀]*)+/iu;

const FILLER =
  /^(?:|i|i'm|i’m|i'd|i’d|we|we'd|our team|you|me|us|my|our|your|it|please|pls|so|ok|okay|well|just|also|then|now|need|needs|want|wants|would|like|love|have|has|got|must|should|shall|can|could|will|let|let's|help|to|with|for|of|on|about|into|at|and|that|which|who|how|what|is|are|a|an|the|some|all|any|this|build|building|make|making|create|creating|write|writing|prepare|produce|give|get|send|show|tell|do|does|set|up|look|looking|trying|working|go|through|weekly|daily|monthly|quarterly|first|second|third|one|something|anything|things?|stuff|nice|great|cool|quick|short|brief|detailed|thorough|full|good|new|report|reports|summary|overview|pipeline|agents?|team|workflow|(?:compar|analy[sz]|research|summari[sz]|review|investigat|monitor|track|find|collect|evaluat|assess|explain|stud[iy]|examin|check|generat|draft|gather|explor|design|classif[iy]|extract)\w*)$/iu;

/** "market report about electric cargo bikes" is about the bikes. */
const REPORT_ABOUT =
  /^(?:[\p{L}\p{N}-]+\s+){0,3}(?:reports?|summary|overview|analysis|briefing|study|comparison)\s+(?:about|on|of|into)\s+/iu;

const DANGLING = /(\s(of|for|and|the|a|an|in|on|to|by|with|from|our|my|or|me|us))+$/iu;

const CLAUSE_END =
  /\s*[,;:(–—]\s*|\s+(?:and|then)\s+(?:then\s+)?(?:write|send|make|produce|give|create|report|summari|tell|show|present|email|post|draft|explain|recommend|suggest|decide|find|check|compare|let)\b|\s+(?:so that|because|since|while|in order|which|who|every|each (?:day|week|month))\b/iu;

const KOREAN_LEAD =
  /^(저는|저희는|저희|나는|우리는|우리|제가|혹시|그럼|자|매주|매일|매달|이번에|지금|좀|간단히)$/u;
const KOREAN_REQUEST =
  /(해\s?줘|주세요|줘|주실|싶|필요|부탁|바랍니다|만들|작성|합니다|해요|할래|하자|알려|도와)/u;

/** What most needs leave open, and how one sees that this one does not. */
const POINTS: readonly Point[] = [
  {
    topic: 'RESULT',
    isMentioned: isClear,
  },
  {
    topic: 'READERS',
    isMentioned: (need) =>
      /\b(audience|reader|manager|management|executive|board|team|customer|client|investor|engineer|developer|student|ceo|cto|for (me|us|my|our))\b|독자|경영|임원|팀|고객|투자자|개발자|학생|상사|대표/iu.test(
        need,
      ),
  },
  {
    topic: 'SOURCES',
    isMentioned: (need) =>
      /\b(source|sources|data ?set|database|file|files|upload|attached|url|website|csv|pdf|api|document|documents|paper|papers|news)\b|https?:|출처|자료|데이터|파일|문서|뉴스|논문|사이트/iu.test(
        need,
      ),
  },
  {
    topic: 'PERIOD',
    isMentioned: (need) =>
      /\b(today|yesterday|week|weekly|month|monthly|quarter|quarterly|year|yearly|annual|daily|since|last|recent|latest|current|20\d\d|period|deadline|by (monday|friday))\b|오늘|이번|지난|최근|주간|매주|월간|분기|연간|올해|작년|기간|20\d\d년/iu.test(
        need,
      ),
  },
  {
    topic: 'FORM',
    isMentioned: (need) =>
      /\b(page|pages|word|words|slide|slides|table|bullet|markdown|format|short|brief|one-pager|length|chart|email)\b|쪽|페이지|표로|형식|분량|짧게|요약|슬라이드|차트|이메일/iu.test(
        need,
      ),
  },
];

interface Point {
  topic: OpenTopic;
  isMentioned(need: string): boolean;
}
