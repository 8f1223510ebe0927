import '../modules/auth/schema.ts';
import '../modules/usage/schema.ts';
import '../modules/designs/schema.ts';
import '../modules/conversations/schema.ts';
import '../modules/approvals/schema.ts';
import '../modules/pipelines/schema.ts';
import '../modules/pipelines/event-schema.ts';
import '../modules/discussion/schema.ts';
import '../modules/discussion/event-schema.ts';
import './errors.ts';
import './node.ts';
import './scalars.ts';
import { builder } from './builder.ts';

/** The whole schema: every module adds its part to the builder when it is imported. */
export const schema = builder.toSchema();
