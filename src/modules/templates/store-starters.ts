import { storableJson } from '../../core/text/storable-text.ts';
import { BUILT_IN_TENANT_ID } from '../../access/visibility.ts';
import type { Services } from '../../kernel/context.ts';
import { designSchema } from '../designs/design.ts';
import { searchable } from './search.ts';
import { type Starter, STARTER_LANGUAGES } from './starters/starter.ts';
import { STARTERS } from './starters/starters.ts';
import { starterWords } from './words.ts';

/**
 * At a start: stores the built-in templates, so that lists, searches, forks and runs treat them as all others. Changes
 * only what is new. Several processes may do it at once.
 */
export async function storeStarters({ database }: Pick<Services, 'database'>): Promise<void> {
  await database.sql(
    `INSERT INTO pipeline_templates (id, tenant_id, visibility, name, description, design, inputs, search_text)
     SELECT id, $1, 'SHARED', name, description, design, inputs, "searchText"
     FROM jsonb_to_recordset($2::jsonb) AS starter(
       id text, name text, description text, design jsonb, inputs jsonb, "searchText" text)
     ON CONFLICT (id) DO UPDATE SET
       name = excluded.name, description = excluded.description, design = excluded.design, inputs = excluded.inputs,
       search_text = excluded.search_text, version = pipeline_templates.version + 1, updated_at = now()
     WHERE (pipeline_templates.name, pipeline_templates.description, pipeline_templates.design,
            pipeline_templates.inputs, pipeline_templates.search_text)
       IS DISTINCT FROM (excluded.name, excluded.description, excluded.design, excluded.inputs, excluded.search_text)`,
    [BUILT_IN_TENANT_ID, storableJson(STARTERS.map(rowOf))],
  );
}

/** Found by its words in every language. */
function rowOf(starter: Starter) {
  const words = STARTER_LANGUAGES.map((language) => starterWords(starter, language));
  return {
    ...words[0]!,
    id: starter.id,
    design: designSchema.parse(starter.design),
    searchText: searchable(...words.flatMap(({ name, description }) => [name, description])),
  };
}
