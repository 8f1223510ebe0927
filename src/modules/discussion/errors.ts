import { AppError } from '../../errors.ts';

export class IllegalTransitionError<Stage extends string = string> extends AppError {
  readonly stage: Stage;
  readonly allowed: readonly Stage[];

  constructor(message: string, stage: Stage, allowed: readonly Stage[]) {
    super('ILLEGAL_TRANSITION', message);
    this.stage = stage;
    this.allowed = allowed;
  }
}
