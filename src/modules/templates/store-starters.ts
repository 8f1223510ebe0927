import { storableJson } from '../../core/text/storable-text.ts';
import { BUILT_IN_TENANT_ID } from '../../access/visibility.ts';
import type { Services } from '../../kernel/context.ts';
import { searchable } from './search.ts';
import { type Starter, STARTER_LANGUAGES, starterIn } from './starters/starter.ts';
import { STARTERS, STARTERS_REVISION } from './starters/starters.ts';

/**
 * At a start: stores the built-in templates, so that lists, searches, forks and runs treat them as all others, and
 * deletes those of an older revision that are no more; their runs and forks stay. Several processes may do it at once,
 * also of several versions of the product: the newest revision stays.
 */
export async function storeStarters(
  { database }: Pick<Services, 'database'>,
  starters = STARTERS,
  revision = STARTERS_REVISION,
): Promise<void> {
  await database.transact(async ({ sql }) => {
    await sql(`SELECT pg_advisory_xact_lock(hashtextextended('starters', 0))`);
    const [newer] = await sql(
      'SELECT id FROM pipeline_templates WHERE tenant_id = $1 AND version >= $2 LIMIT 1',
      [BUILT_IN_TENANT_ID, revision],
    );
    if (newer) return;
    await sql(
      `INSERT INTO pipeline_templates AS stored
         (id, tenant_id, visibility, version, name, description, design, inputs, translations, search_text)
       SELECT id, $1, 'SHARED', $2, name, description, design, inputs, translations, "searchText"
       FROM jsonb_to_recordset($3::jsonb) AS starter(
         id text, name text, description text, design jsonb, inputs jsonb, translations jsonb, "searchText" text)
       ON CONFLICT (id) DO UPDATE SET
         version = excluded.version, name = excluded.name, description = excluded.description,
         design = excluded.design, inputs = excluded.inputs, translations = excluded.translations,
         search_text = excluded.search_text, updated_at = now()
       WHERE stored.tenant_id = excluded.tenant_id`,
      [BUILT_IN_TENANT_ID, revision, storableJson(starters.map(rowOf))],
    );
    await sql('DELETE FROM pipeline_templates WHERE tenant_id = $1 AND version < $2', [
      BUILT_IN_TENANT_ID,
      revision,
    ]);
  });
}

/** Found by its words in every language. */
function rowOf(starter: Starter) {
  const [first, ...others] = STARTER_LANGUAGES.map(
    (language) => [language, starterIn(starter, language)] as const,
  );
  const words = [first!, ...others].map(([, { name, description }]) => `${name}\n${description}`);
  return {
    ...first![1],
    id: starter.id,
    translations: Object.fromEntries(others),
    searchText: searchable(...words),
  };
}
