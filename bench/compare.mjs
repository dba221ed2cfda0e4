// npm run bench: Micro beside its peers, over sockets of their own.
import { contend, select } from './contending.mjs';

/** In one process, or with a server in a second one. */
export const contenders = [
  { name: 'micro-frames' },
  { name: 'micro-http' },
  { name: 'nest-tcp' },
  { name: 'moleculer-tcp' },
  { name: 'grpc-js' },
  { name: 'http-undici' },
  { name: 'mux-floor' },
  { name: 'micro-local', alone: true },
  { name: 'micro-stream' },
];

/** @returns the figures of each */
export const compare = ({ only, ...length }) => contend(select(contenders, only), length);
