import { settingNames } from 'micro-ts';
import { nearest } from '../../nearest.ts';
import { fine, warning } from '../finding.ts';
import type { Found } from '../finding.ts';
import type { Surroundings } from '../surroundings.ts';

/** What programs of Micro read, and the command line besides. */
const known: ReadonlySet<string> = new Set(
  [...settingNames, 'proxy', 'proxy_address', 'token'].map((name) => `MICRO_${name.toUpperCase()}`),
);

/** Whether a variable looks as if it was meant for Micro, and is none. */
export function checkVariables({ variables }: Pick<Surroundings, 'variables'>): readonly Found[] {
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
