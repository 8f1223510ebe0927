import { ConflictError, NotFoundError } from '../../errors.ts';
import { IllegalTransitionError } from './errors.ts';
import { ContentSource, ProposalStrategy } from '../../generated/prisma/enums.ts';
import { builder } from '../../schema-kit/builder.ts';
import { errorType } from '../../schema-kit/errors.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { node } from '../../schema-kit/node.ts';
import { ConversationRef, DiscussionStageRef } from '../conversations/schema.ts';
import type { Design } from '../designs/design.ts';
import { ESTIMATE_BASIS } from '../designs/estimate.ts';
import { PipelineDesignRef } from '../designs/schema.ts';
import type { Stage } from './engine/machine.ts';
import type { StoredCritique } from './engine/proposal.ts';
import { proposalsOf } from './loaders.ts';
import { confirmProposal, selectProposal } from './service.ts';

export const ProposalStrategyRef = builder.enumType('ProposalStrategy', {
  description: 'Priority of a design.',
  values: {
    [ProposalStrategy.SPEED]: { description: 'Speed: few steps and a fast model.' },
    [ProposalStrategy.QUALITY]: { description: 'Quality: more sources, more checks and a stronger model.' },
    [ProposalStrategy.BALANCED]: { description: 'A balance of speed and quality.' },
  },
});

const ContentSourceRef = builder.enumType('ContentSource', {
  description: 'Origin of a design or a critique.',
  values: {
    [ContentSource.MODEL]: { description: 'A model, including the scripted models of the OFFLINE provider.' },
    [ContentSource.BUILT_IN]: { description: 'Built-in rules, used because the model failed.' },
  },
});

const CritiqueRef = builder.objectRef<StoredCritique>('Critique').implement({
  description: 'Review of a design.',
  fields: (t) => ({
    score: t.exposeInt('score', { description: 'Overall score from 1 (poor) to 10 (excellent).' }),
    strengths: t.exposeStringList('strengths', { description: 'Strong points of the design.' }),
    weaknesses: t.exposeStringList('weaknesses', { description: 'Weak points of the design.' }),
    suggestions: t.exposeStringList('suggestions', { description: 'Possible improvements of the design.' }),
    source: t.expose('source', { type: ContentSourceRef, description: 'Origin of the critique.' }),
  }),
});

export const DesignProposalRef = node('DesignProposal', {
  description: 'A version of one of the three designs proposed in a conversation.',
  fields: (t) => ({
    strategy: t.expose('strategy', { type: ProposalStrategyRef, description: 'Priority of the design.' }),
    title: t.exposeString('title', { description: 'Display name.' }),
    summary: t.exposeString('summary', { description: 'Summary of the design in a few sentences.' }),
    source: t.expose('source', { type: ContentSourceRef, description: 'Origin of the design.' }),
    design: t.field({
      type: PipelineDesignRef,
      description: 'The proposed design.',
      resolve: (proposal) => proposal.design as Design,
    }),
    critique: t.field({
      type: CritiqueRef,
      nullable: true,
      description: 'Review of the design. Null if there is none.',
      resolve: (proposal) => proposal.critique as unknown as StoredCritique,
    }),
    selected: t.exposeBoolean('selected', {
      description: 'Whether the proposal is selected. At most one proposal is.',
    }),
    version: t.exposeInt('version', {
      description:
        'Version number, counted from 1. Each refinement creates a new version; earlier ones stay readable by id.',
    }),
    changes: t.exposeStringList('changes', {
      description: 'Changes since the previous version. Empty for the first version.',
    }),
    estimatedCost: t.expose('estimatedCostMicros', {
      type: 'Decimal',
      description: `Expected cost of a run in US dollars, ${ESTIMATE_BASIS}`,
    }),
    estimatedSeconds: t.exposeInt('estimatedSeconds', {
      description: `Expected duration of a run in seconds, without time spent waiting for approvals, ${ESTIMATE_BASIS}`,
    }),
  }),
});

errorType(IllegalTransitionError<Stage>, {
  description: 'The current stage of the discussion does not allow the operation.',
  fields: (t) => ({
    stage: t.expose('stage', { type: DiscussionStageRef, description: 'Current stage.' }),
    allowed: t.expose('allowed', {
      type: [DiscussionStageRef],
      description: 'Stages that can follow the current one.',
    }),
  }),
});

builder.prismaObjectField(ConversationRef, 'proposals', (t) =>
  t.field({
    type: [DesignProposalRef],
    description: 'The three proposals, each in its current version. Empty before the first designs.',
    resolve: (conversation, _args, ctx) => proposalsOf(ctx).load(conversation.id),
  }),
);

mutation(selectProposal, {
  description:
    'Selects one of the current proposals, which moves the discussion to CONFIRM. Requires stage PRESENT or later. The selection can be changed later, even after a confirmation.',
  success: { conversation: { type: ConversationRef, description: 'The conversation in its new stage.' } },
  errors: [NotFoundError, ConflictError, IllegalTransitionError],
  input: (t) => ({
    proposalId: t.id({ required: true, description: 'Id of the current version of the proposal.' }),
  }),
  decodeIds: (input) => ({ ...input, proposalId: decodeId(input.proposalId, 'DesignProposal') }),
});

mutation(confirmProposal, {
  description:
    'Confirms the selected proposal, which moves the discussion from CONFIRM to PLAN. After that, `executePipeline` can run it.',
  success: { conversation: { type: ConversationRef, description: 'The conversation in its new stage.' } },
  errors: [NotFoundError, ConflictError, IllegalTransitionError],
  input: (t) => ({ proposalId: t.id({ required: true, description: 'Id of the selected proposal.' }) }),
  decodeIds: (input) => ({ ...input, proposalId: decodeId(input.proposalId, 'DesignProposal') }),
});
