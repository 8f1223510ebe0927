import { preferredLanguage } from '../../core/text/preferred-language.ts';
import type { PipelineTemplate } from '../../generated/prisma/client.ts';
import type { Client } from '../../kernel/context.ts';
import type { Design } from '../designs/design.ts';
import type { TemplateWords } from './content.ts';
import type { TemplateInput } from './inputs.ts';
import { STARTER_LANGUAGES } from './starters/starter.ts';

/**
 * What people read of a template: a starter speaks the language that the client asks for, others that of their author.
 */
export function wordsOf(template: PipelineTemplate, { languages }: Pick<Client, 'languages'>): TemplateWords {
  const translations = template.translations as Partial<Record<string, TemplateWords>> | null;
  const translated = translations?.[preferredLanguage(languages, STARTER_LANGUAGES)];
  const { name, description, design, inputs } = translated ?? template;
  return { name, description, design: design as Design, inputs: inputs as TemplateInput[] };
}
