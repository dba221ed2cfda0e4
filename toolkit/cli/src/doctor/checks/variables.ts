import { nearest } from '@micro-ts/commands';
import { Command as Line } from 'commander';
import { addSystemOptions } from '../../global-options.ts';
import { fine, warning } from '../finding.ts';
import type { Found } from '../finding.ts';
import type { Surroundings } from '../surroundings.ts';

/** Whether a variable looks as if it was meant for Micro, and is none. */
export function checkVariables({ variables }: Pick<Surroundings, 'variables'>): readonly Found[] {
  const flags = addSystemOptions(new Line(), true).options.map(({ long = '' }) => long.slice(2));
  const known = new Set(flags.map((flag) => `MICRO_${flag.replaceAll('-', '_').toUpperCase()}`));
  const ours = Object.keys(variables).filter((name) => /^MICRO?[_-]?/i.test(name));
  const found = ours.flatMap((name) => {
    if (known.has(name)) return [];
    const meant = nearest(name.toUpperCase(), known);
    if (meant === undefined || meant === name) return [];
    return [warning(`${name} is not known`, 'It changes nothing', `Did you mean ${meant}?`)];
  });
  const set = ours.filter((name) => known.has(name));
  return found.length > 0 ? found : [fine(set.length === 0 ? 'none is set' : set.join(', '))];
}
