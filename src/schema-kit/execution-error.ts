import type { ExecutionErrorData } from '../kernel/execution-error.ts';
import { builder } from './builder.ts';

export const ExecutionErrorRef = builder.objectRef<ExecutionErrorData>('ExecutionError').implement({
  description: 'Why a run or a reply FAILED. Finished steps are kept; the message says what to do.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description:
        'One of PROVIDER_ERROR (a provider failed for good), BUDGET_EXCEEDED, APPROVAL_REJECTED (or not decided in time), TIMEOUT, INVALID_OUTPUT (the model gave nothing usable), INTERNAL (a fault of ours).',
    }),
    message: t.exposeString('message', { description: 'What happened and what to do, for people to read.' }),
    stepKey: t.exposeString('stepKey', {
      nullable: true,
      description: 'The step that failed; null for a reply.',
    }),
  }),
});
