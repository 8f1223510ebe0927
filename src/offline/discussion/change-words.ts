/** What a change made without a model is called, in the languages that the product has words of its own in. */
import type { Wording } from '../../modules/discussion/engine/language.ts';
import { tidy } from '../../modules/discussion/engine/memory.ts';

export const CHANGE_WORDS: Record<Wording, ChangeWords> = {
  en: {
    check: (text) => ({
      title: `Check: ${objectOf(text)}`,
      prompt: `Check what was found before it is used. Asked for: “${text}”. Mark each finding as confirmed, doubtful or wrong, with the reason and the source that decides it.`,
    }),
    collect: (text) => ({
      title: `Collect: ${objectOf(text)}`,
      prompt: `Collect what was asked for: “${text}”. Give every finding with its source and date.`,
    }),
    custom: (text) => ({
      title: clip(text.charAt(0).toUpperCase() + text.slice(1)),
      prompt: `Do this with what the earlier steps found, and pass on what matters to the next one: “${text}”.`,
    }),
    question: (title, text) =>
      `“${title}” is about to run. You wanted to decide first: “${text}”. Shall it go on?`,
    added: (title) => `Added the step “${title}”.`,
    removed: (title) => `Removed the step “${title}”; what came after it now follows what came before.`,
    approval: (title) => `A person now decides before “${title}” runs.`,
    noApproval: (title) => `“${title}” no longer waits for a person.`,
    nobodyAsked: 'No step waits for a person, so nothing had to change.',
    instructed: (title, text) => `“${title}” now also follows “${text}”.`,
    faster: 'All steps run on the quick model and answer more briefly.',
    deeper: 'All steps run on the strong model and may answer at greater length.',
  },
  ko: {
    check: (text) => ({
      title: `검증: ${objectOf(text)}`,
      prompt: `찾은 내용을 쓰기 전에 검증하세요. 요청: “${text}”. 각 결과를 확인됨, 의심됨, 틀림으로 표시하고 이유와 근거 출처를 적으세요.`,
    }),
    collect: (text) => ({
      title: `수집: ${objectOf(text)}`,
      prompt: `요청된 내용을 수집하세요: “${text}”. 모든 결과에 출처와 날짜를 붙이세요.`,
    }),
    custom: (text) => ({
      title: clip(text),
      prompt: `앞 단계의 결과로 다음을 수행하고 중요한 것을 다음 단계로 넘기세요: “${text}”.`,
    }),
    question: (title, text) =>
      `“${title}” 단계를 시작하려고 합니다. 먼저 결정하기로 하신 내용: “${text}”. 계속할까요?`,
    added: (title) => `“${title}” 단계를 추가했습니다.`,
    removed: (title) => `“${title}” 단계를 뺐고, 뒤 단계가 앞 단계를 바로 이어받습니다.`,
    approval: (title) => `이제 “${title}” 전에 사람이 결정합니다.`,
    noApproval: (title) => `“${title}” 단계는 더 이상 사람을 기다리지 않습니다.`,
    nobodyAsked: '사람을 기다리는 단계가 없어 바꿀 것이 없었습니다.',
    instructed: (title, text) => `“${title}” 단계가 “${text}”도 따릅니다.`,
    faster: '모든 단계를 빠른 모델로 바꾸고 답을 더 짧게 합니다.',
    deeper: '모든 단계를 강한 모델로 바꾸고 더 길게 답할 수 있게 합니다.',
  },
};

/** "add a check of the sources" is about "the sources". */
function objectOf(text: string): string {
  const object = text
    .replace(/^(please\s+)?(also\s+)?(add|include|put in|insert|have|use)\s+/iu, '')
    .replace(/^(an?|one more|another|the)\s+/iu, '')
    .replace(
      /^(extra|second|additional)?\s*(check|step|review|validation|verification|collector|source)s?\s+(of|for|that|to|from|on|which)\s+/iu,
      '',
    )
    .replace(/\s*(검증|검토|확인|점검|수집)?\s*(을|를|도)?\s*(추가|넣어|포함).*$/u, '');
  return clip(object.trim() || text);
}

function clip(text: string): string {
  return tidy(text.replace(/[\s.,;:!?]+$/u, ''), MAX_TITLE_LENGTH) || '…';
}

const MAX_TITLE_LENGTH = 80;

interface Task {
  title: string;
  prompt: string;
}

export interface ChangeWords {
  check(text: string): Task;
  collect(text: string): Task;
  custom(text: string): Task;
  question(title: string, text: string): string;
  added(title: string): string;
  removed(title: string): string;
  approval(title: string): string;
  noApproval(title: string): string;
  nobodyAsked: string;
  instructed(title: string, text: string): string;
  faster: string;
  deeper: string;
}
