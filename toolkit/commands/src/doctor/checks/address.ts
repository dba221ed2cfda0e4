import { createServer } from 'node:net';
import { broken, fine, warning } from '../finding.ts';
import type { Found } from '../finding.ts';
import type { Surroundings } from '../surroundings.ts';

/** Whether the address that is configured is free, or taken by one of our own. */
export async function checkAddress(around: Surroundings): Promise<readonly Found[]> {
  const { config } = await around.config();
  const address = around.variables['MICRO_SERVER_ADDRESS'] || config.address;
  const [, host = '', digits = ''] = /^(.*):(\d+)$/.exec(address ?? '') ?? [];
  if (address === undefined || digits === '' || digits === '0') return [fine('any free port')];
  const problem = await listen(host.replace(/^\[|\]$/g, ''), Number(digits));
  if (problem === undefined) return [fine(`${address} is free`)];
  if (problem === 'EADDRINUSE') {
    const holder = await holderOf(around, digits);
    const fix =
      'Stop it, or set another address: address in micro.config.ts, or MICRO_SERVER_ADDRESS';
    if (holder === undefined)
      return [
        broken(`${address} is taken`, 'Something listens there that is registered nowhere', fix),
      ];
    return [
      warning(
        `${address} is taken by ${holder}`,
        'A second one does not start',
        'Stop it first, or take port 0 to run many',
      ),
    ];
  }
  const why = problem === 'EACCES' ? 'Ports below 1024 are for root' : `The system says ${problem}`;
  return [broken(`nothing can listen on ${address}`, why, 'Set another address')];
}

const listen = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, ...(host !== '' && { host }), exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    );
  });

async function holderOf({ micro }: Surroundings, port: string): Promise<string | undefined> {
  for (const service of await micro.list())
    for (const { id, address } of await micro.lookup(service))
      if (address.endsWith(`:${port}`)) return id;
  return undefined;
}
