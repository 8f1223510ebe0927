import { tidy } from '../../../modules/discussion/engine/memory.ts';
import type { DesignSummary } from '../../../modules/discussion/engine/reply-plan.ts';
import {
  allChanges,
  chosenDesign,
  designUnderDiscussion,
  recommended,
  shortName,
  type Topic,
  topicOf,
} from '../../../modules/discussion/engine/reply-plan-selectors.ts';
import { numbered } from '../../agents/markdown.ts';
import type { Phrases, ReplyWords } from '../words.ts';

export const REPLY: ReplyWords = {
  seconds: (count) => `${count}초`,
  minutes: (count) => `${count}분`,
  and: ', ',
  changed: (changes) => ` 바뀐 점: ${changes}`,
  open: (question) => `\n\n아직 남은 질문: *${question}*`,
  builtIn: '\n\n일부는 모델이 답하지 못해 내장 규칙으로 만들었고, 그렇게 표시했습니다.',
  nextStep: {
    CONFIRMED: '확정된 설계는 그대로 두겠습니다. 실행하기 전에 고칠 점이 있으면 말씀해 주세요.',
    SELECTED: '그렇게 고칠까요, 아니면 지금 그대로 확정할까요?',
    OPEN: '어느 것으로 할지, 이런 수정을 넣을지 말씀해 주시면 준비하겠습니다.',
  },
  texts: {
    CLARIFY: ({ userMessage }, { questions, isGreeted }) => `${
      isGreeted
        ? '안녕하세요, 반갑습니다!'
        : `고맙습니다. 다만 “${tidy(userMessage, 80)}”만으로는 짐작에 그칠 것 같습니다.`
    } 저는 필요한 일을 에이전트 파이프라인으로 설계합니다. 질문을 나누고, 자료를 수집해 검증하고, 보고서를 쓰는 에이전트들이 함께 일합니다. 먼저 세 가지 설계를 보여 드리며, 하나를 확정하시기 전에는 아무것도 실행하지 않습니다.

우선 조금만 더 알려 주세요.

${numbered(questions)}

한 문장이면 충분합니다. 예를 들면 *“국내 전기차 충전 사업자 세 곳을 비교해 담당자용 두 쪽 보고서를 만들어 주세요.”* 무엇이 나와야 하는지만 알면 바로 첫 설계를 드리고, 남은 질문은 목록에 남겨 두겠습니다.`,

    PRESENT: (plan, say) => {
      const best = recommended(plan.designs);
      const changes = allChanges(plan.designs);
      return `${
        changes.length > 0
          ? `말씀하신 점을 반영해 설계를 다시 보았습니다. ${changes.join(' ')} 지금은 이렇습니다.`
          : '서로 뚜렷이 다른 세 가지 방법을 준비했습니다.'
      }

${plan.designs.map((card, index) => presentCard(card, index, say)).join('\n')}

저라면 **${best.title}** 쪽을 고르겠습니다. ${best.critique.strengths[0]} 알아 두실 점도 있습니다. ${best.critique.weaknesses[0]}${say.open(plan)}

어느 것으로 할까요? *“두 번째로 하고 출처 검증을 추가해 줘”*처럼 말씀하시거나, 궁금한 점이나 반대 의견을 편하게 들려주세요.`;
    },

    ANSWER: (plan, say) => {
      const card = designUnderDiscussion(plan);
      return `좋은 지적입니다. 실행하기 전에 정리해 둘 만합니다. ${TOPIC_ANSWERS[topicOf(plan.userMessage)](plan.designs, card, say)}

제 생각은 이렇습니다. **${shortName(card)}**의 점수는 10점 만점에 ${card.critique.score}점입니다. ${card.critique.strengths[0]} 반면 이런 점이 걸립니다. ${card.critique.weaknesses[0]} 그 점이 걱정이시라면 방법이 있습니다. ${card.critique.suggestions[0]} 설계를 버리기보다는 이렇게 고치는 편이 낫습니다.

${say.nextStep(plan, card)}`;
    },

    CHOOSE: (plan, say) => {
      const best = recommended(plan.designs);
      return `좋습니다. 아직 선택된 설계가 없으니 어느 것인지만 알려 주세요.

${numbered(plan.designs.map((card) => `**${shortName(card)}**: ${card.steps.length}단계, 약 $${card.costUsd}, ${say.time(card.seconds)}, ${card.critique.score}/10점`))}

저에게 맡기신다면 **${shortName(best)}** 쪽을 권합니다. ${best.critique.strengths[0]} 약점도 있습니다. ${best.critique.weaknesses[0]} 그래도 지금까지 말씀하신 내용에는 가장 잘 맞습니다.

*“첫 번째”*, *“두 번째”*, *“세 번째”* 또는 *“추천하는 걸로”*라고 말씀해 주세요. 바꾸고 싶은 점이 있으면 확정하기 전에 반영하겠습니다.`;
    },

    CONFIRM: (plan, say) => {
      const card = chosenDesign(plan.designs);
      return `**${card.title}** 설계를 선택했습니다.${say.changed(card)} 실행하면 다음과 같이 진행됩니다.

${numbered(card.steps.map((step) => `${step}${markOf(step, card)}`))}

서로 기다릴 필요가 없는 단계는 동시에 진행됩니다. 한 번 실행의 예상치는 비용 **$${card.costUsd}**, 시간 **${say.time(card.seconds)}**입니다. 사람이 결정하는 시간은 따로입니다. 한 가지 기억해 주세요. ${card.critique.weaknesses[0]}${say.open(plan)}

이대로 확정할까요? *“네”*라고 하시거나 더 바꿀 점을 말씀해 주세요. 그때까지 실행 비용은 들지 않습니다.`;
    },

    PLAN: (plan, say) => {
      const card = chosenDesign(plan.designs);
      return `확정했습니다. **${card.title}** 설계를 실행할 수 있습니다.${say.changed(card)} “${card.steps[0]}”부터 “${card.steps.at(-1)}”까지 ${card.steps.length}단계이며, 다음 요구사항을 따릅니다.

${numbered(plan.memory.agreedRequirements.slice(0, 4).map((one) => tidy(one, 120)))}

${
  asks(card) === null
    ? '아무에게도 묻지 않고 끝까지 진행합니다.'
    : `${asks(card)} 승인을 요청하며, 그와 상관없는 단계는 그동안 계속됩니다.`
} 한 번 실행의 예상치는 비용 **$${card.costUsd}**, 시간 **${say.time(card.seconds)}**입니다.${say.open(plan)}

시작은 직접 하시면 됩니다. 모든 단계와 글이 쓰이는 과정을 실시간으로 볼 수 있고 언제든 멈출 수 있습니다. 생각과 다르면 여기로 돌아와 설계를 고치고 다시 확정하면 됩니다.`;
    },
  },
};

const TOPIC_ANSWERS: Record<
  Topic,
  (designs: readonly DesignSummary[], card: DesignSummary, say: Phrases) => string
> = {
  COST: (designs, _card, say) =>
    `한 번 실행하는 예상 비용은 ${say.list(designs.map((card) => `${shortName(card)} $${card.costUsd}`))}입니다. 비용은 호출 횟수와 모델 등급이 좌우하며, 호출마다 최대 금액을 먼저 확보하므로 예상 밖의 지출은 생기지 않습니다.`,
  TIME: (designs, _card, say) =>
    `예상 시간은 ${say.list(designs.map((card) => `${shortName(card)} ${say.time(card.seconds)}`))}입니다. 서로 기다리는 가장 긴 줄이 시간을 정하고, 독립된 갈래는 동시에 진행됩니다. 승인에 걸리는 시간은 따로입니다.`,
  PEOPLE: (designs, _card, say) =>
    `${say.list(designs.map((card) => (asks(card) === null ? `${shortName(card)}: 묻지 않고 진행` : `${shortName(card)}: ${asks(card)} 승인 요청`)))}. 승인을 기다리는 동안에도 상관없는 단계는 계속되고, 며칠이 걸려도 괜찮습니다.`,
  TRUST: (designs, _card, say) =>
    `결과를 얼마나 믿을 수 있는지는 보고서 전에 무엇을 검증하느냐에 달려 있습니다. 점수는 ${say.list(designs.map((card) => `${shortName(card)} ${card.critique.score}점`))}입니다. 검증은 호출 한 번이 더 들지만 결과마다 확인됨과 의심됨을 표시해 줍니다.`,
  CHOICE: (designs, card, say) =>
    `설계마다 보는 범위와 검증의 정도가 다릅니다. ${say.list(designs.map((one) => `${shortName(one)} ${one.steps.length}단계 ${one.critique.score}점`))}. ${card.summary}`,
};

function markOf(step: string, { asksBefore, asksAfter }: DesignSummary): string {
  if (asksBefore.includes(step)) return ' ✋ *승인 후*';
  return asksAfter.includes(step) ? ' ✋ *쓴 글을 승인*' : '';
}

/** Where a person is asked first. Null: nowhere. */
function asks({ asksBefore: [before], asksAfter: [after] }: DesignSummary): string | null {
  if (before !== undefined) return `“${before}” 전에`;
  return after === undefined ? null : `“${after}”의 글이 나오면`;
}

function presentCard(card: DesignSummary, index: number, say: Phrases): string {
  const facts = `**${card.critique.score}/10점**, 약 $${card.costUsd}, ${say.time(card.seconds)}`;
  return `${index + 1}. **${shortName(card)}** (${facts}). ${card.summary}`;
}
