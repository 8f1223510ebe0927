import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../src/core/llm/language-model.ts';
import { describeAttempt, describeFailure, EmptyOutputError } from '../../../src/kernel/execution-error.ts';
import { afterFailure } from '../../../src/kernel/work/retry-policy.ts';

const empty = new EmptyOutputError();
const away = new ModelError('UNAVAILABLE', 'The provider is away.');

describe('describeFailure', () => {
  it('advises about the prompt of a step, and not of a reply, which has none', () => {
    expect(describeFailure(empty, 'report', 3)).toEqual({
      code: 'INVALID_OUTPUT',
      stepKey: 'report',
      message:
        "The model returned an empty text (3 attempts). Make the step's prompt more specific, or choose another model.",
    });
    expect(describeFailure(empty, null, 1)).toEqual({
      code: 'INVALID_OUTPUT',
      stepKey: null,
      message: 'The model returned an empty text (1 attempt). Send the message again, or rephrase it.',
    });
  });

  it.each(['report', null])('says what to do when the provider failed: step %s', (stepKey) => {
    const { code, message } = describeFailure(away, stepKey, 3);
    expect(code).toBe('PROVIDER_ERROR');
    expect(message).toMatch(/^The provider failed \(3 attempts\): The provider is away\. (Start|Send) .*\.$/);
  });
});

describe('a request that fails as long as it is the same', () => {
  it.each(['AUTH', 'BAD_REQUEST', 'REFUSED'] as const)('is not to be sent again later: %s', (code) => {
    const error = new ModelError(code, 'Acme wants something else.');
    for (const stepKey of ['report', null]) {
      const { message } = describeFailure(error, stepKey, 1);
      expect(message).toMatch(/^The provider failed \(1 attempt\): Acme wants something else\. .+\.$/);
      expect(message).not.toContain('later');
    }
  });

  it('is, when it is only limited for a long time', () => {
    const error = new ModelError('RATE_LIMITED', 'Acme is full.', { retryable: false });
    expect(describeFailure(error, 'report', 1).message).toContain('later');
  });
});

describe('a limit that thinking used up', () => {
  it('is an invalid output with the advice of the error, and none about the prompt', () => {
    const spent = new ModelError('OUTPUT_LIMIT', 'Acme returned no text. Raise maxOutputTokens.');
    expect(describeFailure(spent, 'report', 1)).toEqual({
      code: 'INVALID_OUTPUT',
      stepKey: 'report',
      message: 'Acme returned no text. Raise maxOutputTokens.',
    });
    expect(afterFailure(spent, 1)).toEqual({ action: 'FAIL' });
  });
});

describe('describeAttempt', () => {
  it('gives no advice, because another attempt follows', () => {
    expect(describeAttempt(empty, 1)).toBe('The model returned an empty text (1 attempt).');
  });
});
