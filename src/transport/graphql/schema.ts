import '../../modules/auth/schema.ts';
import '../../modules/llm/schema.ts';
import '../../modules/usage/schema.ts';
import '../../modules/designs/schema.ts';
import '../../modules/conversations/schema.ts';
import '../../modules/approvals/schema.ts';
import '../../modules/approvals/event-schema.ts';
import '../../modules/pipelines/schema.ts';
import '../../modules/pipelines/event-schema.ts';
import '../../modules/discussion/schema.ts';
import '../../modules/discussion/event-schema.ts';
import '../../schema-kit/errors.ts';
import '../../schema-kit/node-queries.ts';
import '../../schema-kit/scalars.ts';
import { builder } from '../../schema-kit/builder.ts';

/** The executable schema. Importing a module's schema file adds its types to the builder. */
export const schema = builder.toSchema();

schema.description = `Teams of LLM agents: discuss a design, run it, watch it, decide about it, and account for every dollar.
Sign in with \`register\` or \`login\`, and send the access token with each request.
\`createConversation\` and \`sendMessage\` lead to three proposals; \`selectProposal\` and \`confirmProposal\` settle one.
\`executePipeline\` runs it on the server, whoever is connected; \`executionEvents\` shows every token and resumes after a given \`seq\`.
Steps that need a person wait for \`decideApproval\`; \`usageToday\` tells what was spent. Money is in US dollars.`;
