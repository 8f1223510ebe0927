import { defineConfig } from 'prisma/config';

// `prisma generate` needs no engine, but looks for one on the internet unless it is told of a binary. /bin/false
// makes every command that would need it fail loudly; migrations are made and applied by `npm run migrate`.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= '/bin/false';

export default defineConfig({ schema: 'prisma/schema.prisma' });
