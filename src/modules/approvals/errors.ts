import { AppError } from '../../errors.ts';

export class AlreadyDecidedError extends AppError {
  readonly approvalId: string;

  constructor(approvalId: string, message: string) {
    super('ALREADY_DECIDED', message);
    this.approvalId = approvalId;
  }
}
