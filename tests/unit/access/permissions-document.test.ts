import fs from 'node:fs';
import { expect, it } from 'vitest';
import { printedPage } from '../../../tools/permissions.ts';

it('docs/permissions.md holds the tables of src/access; `npm run docs` prints them', async () => {
  expect(fs.readFileSync('docs/permissions.md', 'utf8')).toBe(await printedPage());
});
