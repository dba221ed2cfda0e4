// npm run bench -- transports: calls through a server in the middle, and over frames beside them.
import { contend, select } from './contending.mjs';

export const contenders = [
  ...['nats', 'rabbitmq'].flatMap((kind) =>
    ['micro', 'nest', 'moleculer'].map((peer) => ({
      name: `${peer}-${kind}`,
      module: `${peer}-calls`,
      kind,
    })),
  ),
  { name: 'micro-frames' },
];

/** @returns the figures of each */
export const transports = ({ only, ...length }) => contend(select(contenders, only), length);
