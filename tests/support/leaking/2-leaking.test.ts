import { it } from 'vitest';

it('leaves a timer', () => void setTimeout(() => {}, 60_000));
