// A process of its own that serves calls: bundled by the tests, and given the URL of its server.
import { defaultLimits, noMetadata } from '@micro-ts/interface';
import type { Exchange, OpenPlugin, RoleSurroundings } from '@micro-ts/interface';
import rabbitmq from '../index.ts';
import { silent } from '../silent.test.fixture.ts';

let ran = 0;

/** `Kit.Hang` never answers; `Kit.Ran` says how many calls of `Kit.Run` were carried out. */
const exchange: Exchange = async ({ endpoint, contentType, body, lifetime }) => {
  const answer = { contentType, metadata: noMetadata };
  if (endpoint === 'Kit.Hang') return new Promise((_resolve, reject) => lifetime.onEnd(reject));
  if (endpoint === 'Kit.Run') ran++;
  if (endpoint === 'Kit.Ran') return { ...answer, body: Buffer.from(String(ran)) };
  return { ...answer, body };
};

async function serve(url: string): Promise<void> {
  const plugin = rabbitmq({ address: url }).open({
    app: 'node',
    logger: silent,
    limits: defaultLimits,
  });
  const transport = (plugin as OpenPlugin<'transport'>).create('transport', {} as RoleSurroundings);
  const { address, metadata } = await transport.listen('127.0.0.1:0', exchange);
  console.log(JSON.stringify({ address, metadata }));
}

void serve(process.argv[2] ?? '');
