import { ConflictError, NotFoundError } from '../../errors.ts';
import { IllegalTransitionError } from './errors.ts';
import { ContentSource, ProposalStrategy } from '../../generated/prisma/enums.ts';
import { builder } from '../../schema-kit/builder.ts';
import { errorType } from '../../schema-kit/errors.ts';
import { decodeId } from '../../schema-kit/global-id.ts';
import { mutation } from '../../schema-kit/mutation.ts';
import { node } from '../../schema-kit/node.ts';
import { readableBy } from '../conversations/policy.ts';
import { ConversationRef, DiscussionStageRef } from '../conversations/schema.ts';
import type { Design } from '../designs/design.ts';
import { PipelineDesignRef } from '../designs/schema.ts';
import type { Stage } from './engine/machine.ts';
import type { StoredCritique } from './engine/proposal.ts';
import { proposalsOf } from './loaders.ts';
import { confirmProposal, selectProposal } from './service.ts';

export const ProposalStrategyRef = builder.enumType('ProposalStrategy', {
  description: 'What a design puts first.',
  values: {
    [ProposalStrategy.SPEED]: { description: 'Few steps and a fast model.' },
    [ProposalStrategy.QUALITY]: { description: 'More sources, more checks, a stronger model.' },
    [ProposalStrategy.BALANCED]: { description: 'Between the two.' },
  },
});

const ContentSourceRef = builder.enumType('ContentSource', {
  description: 'Who made a design or a critique.',
  values: {
    [ContentSource.MODEL]: { description: 'The model. The OFFLINE provider’s scripted model counts as one.' },
    [ContentSource.BUILT_IN]: { description: 'Built-in rules, because the model failed.' },
  },
});

const CritiqueRef = builder.objectRef<StoredCritique>('Critique').implement({
  description: 'What the critic thinks of a design.',
  fields: (t) => ({
    score: t.exposeInt('score', { description: '1 (poor) to 10 (excellent).' }),
    strengths: t.exposeStringList('strengths', { description: 'What is good in it.' }),
    weaknesses: t.exposeStringList('weaknesses', { description: 'What is weak in it.' }),
    suggestions: t.exposeStringList('suggestions', { description: 'What would make it better.' }),
    source: t.expose('source', { type: ContentSourceRef, description: 'Who judged the design.' }),
  }),
});

export const DesignProposalRef = node('DesignProposal', {
  description: 'One of three designs for a need, in one version.',
  visibleTo: (viewer) => ({ conversation: readableBy(viewer) }),
  fields: (t) => ({
    strategy: t.expose('strategy', { type: ProposalStrategyRef, description: 'What it puts first.' }),
    title: t.exposeString('title', { description: 'Its name for people.' }),
    summary: t.exposeString('summary', { description: 'What it does, in a few sentences.' }),
    source: t.expose('source', { type: ContentSourceRef, description: 'Who made the design.' }),
    design: t.field({
      type: PipelineDesignRef,
      description: 'The design itself.',
      resolve: (proposal) => proposal.design as Design,
    }),
    critique: t.field({
      type: CritiqueRef,
      description: 'What the critic thinks of it.',
      resolve: (proposal) => proposal.critique as unknown as StoredCritique,
    }),
    selected: t.exposeBoolean('selected', { description: 'Whether it is the one chosen; at most one is.' }),
    version: t.exposeInt('version', {
      description: 'Rises with each refinement, from 1; earlier versions stay readable by their ids.',
    }),
    changes: t.exposeStringList('changes', {
      description: 'What changed since the version before; empty for the first.',
    }),
    estimatedCost: t.expose('estimatedCostMicros', {
      type: 'Decimal',
      description: 'Expected dollars of a run.',
    }),
    estimatedSeconds: t.exposeInt('estimatedSeconds', {
      description: 'Expected seconds of a run, without waiting for people.',
    }),
  }),
});

errorType(IllegalTransitionError<Stage>, {
  description: 'The discussion is not at a stage from which this can be done.',
  fields: (t) => ({
    stage: t.expose('stage', { type: DiscussionStageRef, description: 'Where it is now.' }),
    allowed: t.expose('allowed', { type: [DiscussionStageRef], description: 'The stages that can follow.' }),
  }),
});

builder.prismaObjectField(ConversationRef, 'proposals', (t) =>
  t.field({
    type: [DesignProposalRef],
    description: 'The three designs, each in its current version; empty before there are any.',
    resolve: (conversation, _args, ctx) => proposalsOf(ctx).load(conversation.id),
  }),
);

mutation(selectProposal, {
  description:
    'Chooses one of the current proposals: from PRESENT on, the stage becomes CONFIRM. Another one can be chosen later, also when one is settled.',
  success: { conversation: { type: ConversationRef, description: 'The conversation in its new stage.' } },
  errors: [NotFoundError, ConflictError, IllegalTransitionError],
  input: (t) => ({
    proposalId: t.id({ required: true, description: 'Id of the proposal, in its current version.' }),
  }),
  decodeIds: (input) => ({ ...input, proposalId: decodeId(input.proposalId, 'DesignProposal') }),
});

mutation(confirmProposal, {
  description: 'Settles the selected proposal: CONFIRM becomes PLAN, and `executePipeline` can run it.',
  success: { conversation: { type: ConversationRef, description: 'The conversation in its new stage.' } },
  errors: [NotFoundError, ConflictError, IllegalTransitionError],
  input: (t) => ({ proposalId: t.id({ required: true, description: 'Id of the selected proposal.' }) }),
  decodeIds: (input) => ({ ...input, proposalId: decodeId(input.proposalId, 'DesignProposal') }),
});
