import { sampleNode } from '@micro-ts/testing';
import { NodesSeen, refreshAfter } from './nodes-seen.ts';
import type { Sighting } from './sighting.ts';

const ttl = 100_000;

function sighting(instance: string, key = 'same', life = ttl): Sighting {
  const [id = '', service = ''] = instance.split('.');
  return { instance, ttl: life, key, node: () => sampleNode(service, { id }) };
}

describe('nodes that were seen', () => {
  it('are asked for twice before their time runs out, and then forgotten', () => {
    const seen = new NodesSeen();
    expect(seen.note(sighting('a.greeter'), 0)).toBe('greeter');
    expect(seen.due).toBeGreaterThanOrEqual(refreshAfter(ttl));
    expect(seen.turn(seen.due - 1)).toEqual({ stale: new Set(), changed: new Set() });
    expect(seen.turn(seen.due).stale).toEqual(new Set(['greeter']));
    expect(seen.due).toBeGreaterThanOrEqual(0.9 * ttl);
    expect(seen.turn(seen.due).stale).toEqual(new Set(['greeter']));
    expect(seen.of('greeter')).toHaveLength(1);
    expect(seen.due).toBe(ttl);
    expect(seen.turn(ttl).changed).toEqual(new Set(['greeter']));
    expect(seen.of('greeter')).toEqual([]);
    expect(seen.due).toBe(Infinity);
  });

  it('live on when they are seen again, and are read once', () => {
    const seen = new NodesSeen();
    let read = 0;
    const counted = { ...sighting('a.greeter'), node: () => (read++, sampleNode('greeter')) };
    expect(seen.note(counted, 0)).toBe('greeter');
    expect(seen.note(counted, 0.85 * ttl)).toBeUndefined();
    expect(seen.turn(1.5 * ttl)).toEqual({ stale: new Set(), changed: new Set() });
    expect(read).toBe(1);
    expect(seen.note({ ...counted, key: 'other' }, ttl)).toBe('greeter');
    expect(read).toBe(2);
  });

  it('go at once when they take leave, whatever the case of their name', () => {
    const seen = new NodesSeen();
    seen.note(sighting('a.greeter'), 0);
    expect(seen.note(sighting('A.Greeter', 'same', 0), 1)).toBe('greeter');
    expect(seen.services()).toEqual([]);
    expect(seen.note(sighting('a.greeter', 'same', 0), 1)).toBeUndefined();
  });

  it('are bounded', () => {
    const seen = new NodesSeen();
    for (let i = 0; i < 10_000; i += 1) seen.note(sighting(`n${i}.greeter`), 0);
    expect(() => seen.note(sighting('one-more.greeter'), 0)).toThrow(/more than/);
    expect(seen.note(sighting('n1.greeter', 'changed'), 0)).toBe('greeter');
  });
});
