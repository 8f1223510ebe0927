import { handleStreamOrSingleExecutionResult, type ExecutionArgs } from '@envelop/core';
