import { describe, expect, it } from 'vitest';
import { Slots } from '../../../src/transport/graphql/socket/slots.ts';

describe('Slots', () => {
  it('gives each key its slots, and takes each back once', () => {
    const slots = new Slots(2);
    const [first, second] = [slots.take('a'), slots.take('a')];
    expect(slots.take('a')).toBeNull();
    expect(slots.take('b')).not.toBeNull();
    first!();
    first!();
    expect(slots.take('a')).not.toBeNull();
    expect(slots.take('a')).toBeNull();
    second!();
  });

  it('forgets a key that is not in use', () => {
    const slots = new Slots(2);
    for (let i = 0; i < 100; i++) slots.take(String(i))!();
    expect(slots.size).toBe(0);
  });
});
