import type { ProviderName } from '../../core/llm/providers/registry.ts';
import { AppError } from '../../errors.ts';

/** A provider refuses a request, or cannot be asked. The message says what to do about it. */
export class ProviderError extends AppError {
  readonly provider: ProviderName;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;

  constructor(provider: ProviderName, message: string, { retryable }: { retryable: boolean }) {
    super('PROVIDER', message);
    this.provider = provider;
    this.retryable = retryable;
  }
}
