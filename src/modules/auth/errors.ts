import { AppError } from '../../errors.ts';

export class InvalidCredentialsError extends AppError {
  constructor(message: string) {
    super('INVALID_CREDENTIALS', message);
  }
}
