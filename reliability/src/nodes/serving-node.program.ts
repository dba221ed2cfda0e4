// One node of a bus: its kind and the URL of its server are its arguments.
import { noMetadata } from '@micro-ts/interface';
import type { Exchange } from '@micro-ts/interface';
import { openTransport } from './open-transport.ts';
import type { BusKind } from './open-transport.ts';

let ran = 0;

/** `Kit.Hang` never answers; `Kit.Ran` says how many calls of `Kit.Run` were carried out. */
const exchange: Exchange = async ({ endpoint, contentType, body, lifetime }) => {
  const answer = { contentType, metadata: noMetadata };
  if (endpoint === 'Kit.Hang') return new Promise((_resolve, reject) => lifetime.onEnd(reject));
  if (endpoint === 'Kit.Run') ran++;
  if (endpoint === 'Kit.Ran') return { ...answer, body: Buffer.from(String(ran)) };
  return { ...answer, body };
};

const [kind, url = ''] = process.argv.slice(2);
const { transport } = await openTransport(kind as BusKind, url);
const { address, metadata } = await transport.listen('127.0.0.1:0', exchange);
console.log(JSON.stringify({ address, metadata }));
