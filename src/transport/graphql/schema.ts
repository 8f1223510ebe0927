import '../../modules/auth/schema.ts';
import '../../modules/auth/accounts/schema.ts';
import '../../modules/auth/accounts/deletion-schema.ts';
import '../../modules/auth/accounts/profile-schema.ts';
import '../../modules/auth/api-keys/schema.ts';
import '../../modules/auth/members/schema.ts';
import '../../modules/auth/sessions/schema.ts';
import '../../modules/auth/tickets/schema.ts';
import '../../modules/auth/links/schema.ts';
import '../../modules/auth/invitations/schema.ts';
import '../../modules/audit/schema.ts';
import '../../modules/limits/schema.ts';
import '../../modules/llm/schema.ts';
import '../../modules/llm/keys/schema.ts';
import '../../modules/usage/schema.ts';
import '../../modules/usage/statistics/schema.ts';
import '../../modules/designs/schema.ts';
import '../../modules/conversations/schema.ts';
import '../../modules/templates/schema.ts';
import '../../modules/templates/operations-schema.ts';
import '../../modules/approvals/schema.ts';
import '../../modules/approvals/event-schema.ts';
import '../../modules/pipelines/schema.ts';
import '../../modules/pipelines/operations-schema.ts';
import '../../modules/pipelines/event-schema.ts';
import '../../modules/discussion/schema.ts';
import '../../modules/discussion/event-schema.ts';
import '../../schema-kit/errors.ts';
import '../../schema-kit/node-queries.ts';
import '../../schema-kit/scalars.ts';
import { builder } from '../../schema-kit/builder.ts';

/** The executable schema. Importing a module's schema file adds its types to the builder. */
export const schema = builder.toSchema();

schema.description = `API for teams of LLM agents: discuss a design, run it, follow the run, decide approvals and track every cost.
Sign in with \`register\` or \`login\`, and send the access token with each request.
\`createConversation\` and \`sendMessage\` result in three proposals; \`selectProposal\` and \`confirmProposal\` choose one.
\`executePipeline\` runs it on the server, independently of connections; \`executionEvents\` streams every token and can resume after a given \`seq\`.
Steps that require an approval wait for \`decideApproval\`; \`usageToday\` returns the costs of the day. Money is in US dollars.`;
