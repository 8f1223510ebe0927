import { authorize } from '../../../access/authorize.ts';
import { visible } from '../../../access/visibility.ts';
import type { ProviderName } from '../../../core/llm/providers/registry.ts';
import { ConflictError, NotFoundError } from '../../../errors.ts';
import { LlmKeyStatus } from '../../../generated/prisma/enums.ts';
import { builder } from '../../../schema-kit/builder.ts';
import { errorType } from '../../../schema-kit/errors.ts';
import { decodeId } from '../../../schema-kit/global-id.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { node } from '../../../schema-kit/node.ts';
import { ProviderError } from '../errors.ts';
import { LlmProviderRef } from '../schema.ts';
import { MAX_BASE_URL_LENGTH, MAX_KEY_LENGTH, MIN_KEY_LENGTH } from './key-input.ts';
import { deleteLlmKey, saveLlmKey, validateLlmKey } from './service.ts';
import { MAX_KEYS } from './store-key.ts';

const LlmKeyStatusRef = builder.enumType('LlmKeyStatus', {
  description: 'What the provider last said about a key.',
  values: {
    VALID: { description: 'The provider accepted it.' },
    INVALID: { description: 'The provider refuses it. It is not used.' },
    UNVERIFIED: {
      description: 'The provider could not be asked when it was saved. It is used all the same.',
    },
  } satisfies Record<LlmKeyStatus, object>,
});

const LlmKeyScopeRef = builder.enumType('LlmKeyScope', {
  description: 'Whose calls a key is used for.',
  values: {
    USER: { description: 'Those of its owner, before a key of the tenant.' },
    TENANT: { description: 'Those of all members of the tenant who have no key of their own.' },
  },
});

export const LlmKeyRef = node('LlmKey', {
  description:
    'A key of a user or of a tenant at a provider of models. It is stored encrypted; the key itself is never shown again.',
  fields: (t) => ({
    provider: t.field({
      type: LlmProviderRef,
      description: 'Provider that the key belongs to.',
      resolve: ({ provider }) => provider as ProviderName,
    }),
    prefix: t.exposeString('prefix', {
      description: 'First characters of the key, to recognize it: 12, but at most a third of it.',
    }),
    baseUrl: t.exposeString('baseUrl', {
      nullable: true,
      description: 'Server that is called with the key. Null: the provider’s own.',
    }),
    scope: t.field({
      type: LlmKeyScopeRef,
      description: 'Whose calls it is used for.',
      resolve: ({ ownerId }) => (ownerId === null ? 'TENANT' : 'USER'),
    }),
    status: t.expose('status', {
      type: LlmKeyStatusRef,
      description: 'What the provider last said about it.',
    }),
    statusReason: t.exposeString('statusReason', {
      nullable: true,
      description: 'What is wrong and what to do about it. Null for a VALID key.',
    }),
    validatedAt: t.expose('validatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time when the provider was last asked. Null: it could not be asked yet.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'Time when a key was first saved here.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of the latest call with it, to the minute. Null: not used since it was saved.',
    }),
  }),
});

builder.queryField('llmKeys', (t) =>
  t.prismaField({
    type: [LlmKeyRef],
    nullable: true,
    description: `Your own provider keys, at most ${MAX_KEYS}, and then those of your tenant, as many; in the order in which they are used: of a provider’s keys the one that was saved last comes first.`,
    complexity: { field: 1, multiplier: 10 },
    resolve: (query, _root, _args, ctx) => {
      const viewer = authorize(ctx, 'Query.llmKeys');
      return ctx.database.prisma.llmKey.findMany({
        ...query,
        where: visible('LlmKey', viewer),
        orderBy: [{ ownerId: { sort: 'asc', nulls: 'last' } }, { provider: 'asc' }, { savedAt: 'desc' }],
        take: 2 * MAX_KEYS,
      });
    },
  }),
);

errorType(ProviderError, {
  description: 'A provider of models refuses the request, or cannot be asked.',
  fields: (t) => ({
    provider: t.expose('provider', { type: LlmProviderRef, description: 'Provider that was asked.' }),
    retryable: t.exposeBoolean('retryable', { description: 'Whether the same request may succeed later.' }),
  }),
});

mutation(saveLlmKey, {
  description: `Stores a key of yours at a provider, or as an ADMIN one of the tenant, in place of an earlier one for the same server. The provider is asked first, which takes up to 10 seconds: a key that it refuses is not stored (ProviderError). At most ${MAX_KEYS} of each scope.`,
  success: { llmKey: { type: LlmKeyRef, description: 'The stored key.' } },
  errors: [ProviderError, ConflictError],
  input: (t) => ({
    provider: t.field({
      type: LlmProviderRef,
      required: true,
      description: 'Provider of the key: OPENAI, ANTHROPIC or GOOGLE.',
    }),
    key: t.string({
      required: true,
      description: `The key, ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH} characters. It is stored encrypted and never shown again.`,
    }),
    baseUrl: t.string({
      description: `Server to call instead of the provider’s own, such as a gateway; https, at most ${MAX_BASE_URL_LENGTH} characters. It must be on the public internet, unless the operator allows its host. For OPENAI it ends with /v1. Default: the provider’s own.`,
    }),
    scope: t.field({
      type: LlmKeyScopeRef,
      required: true,
      defaultValue: 'USER',
      description: 'Whose calls it is used for. TENANT is for ADMINs.',
    }),
  }),
});

const KEY_ID = { required: true, description: 'Id of the key.' } as const;

mutation(validateLlmKey, {
  description:
    'Asks the provider about a stored key, which takes up to 10 seconds, and stores what it says: see `status` and `statusReason`. When the provider cannot be asked, nothing changes (ProviderError).',
  success: { llmKey: { type: LlmKeyRef, description: 'The key with its new status.' } },
  errors: [ProviderError, NotFoundError],
  input: (t) => ({ llmKeyId: t.id(KEY_ID) }),
  decodeIds: ({ llmKeyId }) => ({ llmKeyId: decodeId(llmKeyId, 'LlmKey') }),
});

mutation(deleteLlmKey, {
  description:
    'Deletes one of your provider keys or, as an ADMIN, one of the tenant. No call that starts afterwards uses it.',
  success: { deletedId: { type: 'ID', idOf: 'LlmKey', description: 'Id of the deleted key.' } },
  errors: [NotFoundError],
  input: (t) => ({ llmKeyId: t.id(KEY_ID) }),
  decodeIds: ({ llmKeyId }) => ({ llmKeyId: decodeId(llmKeyId, 'LlmKey') }),
});
