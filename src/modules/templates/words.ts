import { preferredLanguage } from '../../core/text/preferred-language.ts';
import type { PipelineTemplate } from '../../generated/prisma/client.ts';
import type { Client } from '../../kernel/context.ts';
import type { TemplateInput } from './inputs.ts';
import { type Starter, STARTER_LANGUAGES, type StarterLanguage } from './starters/starter.ts';
import { STARTERS } from './starters/starters.ts';

/** What people read of a template: a starter speaks the language that the client asks for, others that of their author. */
export function wordsOf(template: PipelineTemplate, { languages }: Pick<Client, 'languages'>): TemplateWords {
  const starter = STARTERS.find(({ id }) => id === template.id);
  if (starter) return starterWords(starter, preferredLanguage(languages, STARTER_LANGUAGES));
  return { ...template, inputs: template.inputs as TemplateInput[] };
}

export function starterWords(starter: Starter, language: StarterLanguage): TemplateWords {
  return {
    name: starter.name[language],
    description: starter.description[language],
    inputs: starter.inputs.map(({ name, title, description, defaultValue }) => ({
      name,
      title: title[language],
      description: description[language],
      defaultValue,
    })),
  };
}

export interface TemplateWords {
  name: string;
  description: string;
  inputs: TemplateInput[];
}
