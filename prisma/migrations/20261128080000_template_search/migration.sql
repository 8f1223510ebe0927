-- Searched texts lose invisible characters (Unicode's Default_Ignorable_Code_Point) and the accents of Greek letters, as
-- `searchable` in modules/templates/search.ts leaves them out from now on.
UPDATE "pipeline_templates"
SET "search_text" = regexp_replace(
  normalize(
    regexp_replace(
      "search_text",
      '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]',
      '', 'g'),
    NFKD),
  '([\u0370-\u03ff])[\u0300-\u036f]+', '\1', 'g');
