import { it } from 'vitest';

it('leaves nothing', () => {});
