// What the plugins declare: as tables for documents, and as data for messages about plugins that are
// not installed. It is read from the built plugins.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './workspace.mjs';

/** @returns name → role → what it supports, of the plugins in `names` */
export async function readSupports(names) {
  const entries = names.map(async (name) => {
    const file = join(root, 'plugins', name, 'dist/index.js');
    const { default: plugin } = await import(pathToFileURL(file).href);
    const roles = Object.entries(plugin.roles).map(([role, { supports }]) => [role, supports]);
    return [name, Object.fromEntries(roles)];
  });
  return new Map(await Promise.all(entries));
}

const yes = (value) => (value ? 'yes' : '–');
const bytes = (value) => (value === undefined ? '' : `${value.toLocaleString('en')} bytes`);

/** Columns of the table of each role: a heading, and what stands under it. */
const columns = {
  registry: [
    ['reaches', ({ scope }) => (scope === 'host' ? 'one host' : 'a network')],
    ['forgets nodes that hang', ({ ttl }) => yes(ttl)],
    ['tells of changes', ({ watch }) => yes(watch)],
  ],
  transport: [
    ['streams', ({ streams }) => yes(streams)],
    ['cancel reaches the handler', ({ cancel }) => yes(cancel)],
    ['largest message', ({ maxBytes }) => bytes(maxBytes) || '`limits.messageBytes`'],
    ['grace before a drain', ({ grace }) => (grace === 0 ? 'none' : `${grace} ms`)],
  ],
  broker: [
    ['at least once', ({ delivery }) => yes(delivery.includes('at-least-once'))],
    ['queues', ({ queues }) => yes(queues)],
    ['dead letters', ({ deadLetter }) => yes(deadLetter)],
    ['wildcards', ({ wildcards }) => yes(wildcards)],
    ['keeps the order of', ({ ordering }) => (ordering === 'none' ? '–' : `a ${ordering}`)],
    ['headers', ({ headers }) => yes(headers)],
    ['largest event', ({ maxBytes }) => bytes(maxBytes) || '`limits.messageBytes`'],
  ],
};

/** A table for each role that infrastructure plays. @param supports as {@link readSupports} returns */
export function supportTables(supports) {
  return Object.entries(columns)
    .map(([role, ofRole]) => {
      const head = ['', ...ofRole.map(([title]) => title)];
      const rows = [...supports]
        .filter(([, roles]) => role in roles)
        .map(([name, roles]) => [
          `[\`${name}\`](${pageOf(name)})`,
          ...ofRole.map(([, cell]) => cell(roles[role])),
        ]);
      const lines = [head, head.map(() => '---'), ...rows].map(
        (cells) => `| ${cells.join(' | ')} |`,
      );
      return `### ${role[0].toUpperCase()}${role.slice(1)}\n\n${lines.join('\n')}\n`;
    })
    .join('\n');
}

const pages = ['consul', 'etcd', 'nats', 'rabbitmq', 'redis'];
const pageOf = (name) => (pages.includes(name) ? `${name}.md` : `../reference/plugins.md#${name}`);

/** The same as a module of `micro-ts`. */
export function supportsModule(supports) {
  const known = [...supports].map(([name, roles]) => {
    const infrastructure = Object.entries(roles).filter(([role]) => role in columns);
    return [name, Object.fromEntries(infrastructure)];
  });
  const data = JSON.stringify(Object.fromEntries(known), null, 2);
  return `// Written by \`node scripts/api.mjs\` from what the plugins declare; do not edit.
import type { Role, SupportedRoles } from '@micro-ts/interface';

type Supports = { readonly [R in Role]?: SupportedRoles<R>[R]['supports'] };

/** What the plugins of Micro declare, installed or not. */
export const officialSupports: Readonly<Record<string, Supports>> = ${data};
`;
}
