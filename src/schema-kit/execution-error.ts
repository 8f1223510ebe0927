import type { ExecutionErrorCode, ExecutionErrorData } from '../kernel/execution-error.ts';
import { builder } from './builder.ts';

const ExecutionErrorCodeRef = builder.enumType('ExecutionErrorCode', {
  description: 'Why a run or a reply FAILED.',
  values: {
    PROVIDER_ERROR: { description: 'The model’s provider failed, and retries did not help.' },
    BUDGET_EXCEEDED: { description: 'A call would have passed a spending limit.' },
    APPROVAL_REJECTED: { description: 'A person rejected a step.' },
    APPROVAL_EXPIRED: { description: 'Nobody decided about a step in time.' },
    TIMEOUT: { description: 'The provider did not answer in time.' },
    INVALID_OUTPUT: { description: 'The model answered with nothing usable.' },
    INTERNAL: { description: 'A fault of the server.' },
  } satisfies Record<ExecutionErrorCode, object>,
});

export const ExecutionErrorRef = builder.objectRef<ExecutionErrorData>('ExecutionError').implement({
  description: 'Why a run or a reply FAILED. Finished steps are kept; the message says what to do.',
  fields: (t) => ({
    code: t.expose('code', { type: ExecutionErrorCodeRef, description: 'What kind of failure it was.' }),
    message: t.exposeString('message', { description: 'What happened and what to do, for people to read.' }),
    stepKey: t.exposeString('stepKey', {
      nullable: true,
      description: 'The step that failed; null for a reply.',
    }),
  }),
});
