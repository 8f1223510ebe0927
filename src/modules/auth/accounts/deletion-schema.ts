import { ConflictError } from '../../../errors.ts';
import { mutation } from '../../../schema-kit/mutation.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { deleteAccount } from './deletion.ts';

mutation(deleteAccount, {
  description:
    'Deletes your account. Your name, e-mail address, sessions and API keys are erased at once, and your live connections end within a second. Open runs and replies are cancelled, and your conversations and runs are deleted, within a few seconds; costs stay in the ledger, with ids only. The only ADMIN of a tenant with other members cannot be deleted (ConflictError). To keep a copy, download `/account/export` first.',
  success: { deletedId: { type: 'ID', idOf: 'User', description: 'Id of the deleted account.' } },
  errors: [InvalidCredentialsError, ConflictError],
  input: (t) => ({
    password: t.string({
      description: 'Your password. Required unless you sign in with a token of another issuer.',
    }),
  }),
});
