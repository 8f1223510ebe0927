import type { ExecutionErrorCode, ExecutionErrorData } from '../kernel/execution-error.ts';
import { builder } from './builder.ts';

const ExecutionErrorCodeRef = builder.enumType('ExecutionErrorCode', {
  description: 'Reason why a run or a reply failed.',
  values: {
    PROVIDER_ERROR: {
      description: 'The model provider returned an error that is not retried, or every attempt failed.',
    },
    BUDGET_EXCEEDED: { description: 'A model call would have exceeded a spending limit.' },
    FORBIDDEN: {
      description:
        'The owner has lost the permission to execute, or is no member any more. Steps before stay as they are. Ask an ADMIN of the tenant.',
    },
    APPROVAL_REJECTED: { description: 'A user rejected a step.' },
    APPROVAL_EXPIRED: { description: 'An approval request was not decided in time.' },
    TIMEOUT: { description: 'The model provider did not respond in time.' },
    INVALID_OUTPUT: { description: 'The model returned no usable output.' },
    INTERNAL: { description: 'An internal server error.' },
  } satisfies Record<ExecutionErrorCode, object>,
});

export const ExecutionErrorRef = builder.objectRef<ExecutionErrorData>('ExecutionError').implement({
  description: 'Error that ended a run or a reply with status FAILED. Results of finished steps are kept.',
  fields: (t) => ({
    code: t.expose('code', { type: ExecutionErrorCodeRef, description: 'Reason for the failure.' }),
    message: t.exposeString('message', {
      description: 'Human-readable explanation of the failure and how to resolve it.',
    }),
    stepKey: t.exposeString('stepKey', {
      nullable: true,
      description: 'Key of the failed step. Null for a reply.',
    }),
  }),
});
