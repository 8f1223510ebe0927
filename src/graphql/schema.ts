import '../modules/auth/schema.ts';
import './errors.ts';
import './node.ts';
import './scalars.ts';
import { builder } from './builder.ts';

/** The whole schema: every module adds its part to the builder when it is imported. */
export const schema = builder.toSchema();
