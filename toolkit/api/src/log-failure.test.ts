import memory from '@micro-ts/memory';
import { createApp, Handler, Service } from 'micro-ts';
import { createGateway } from './gateway.ts';
import type { ApiOptions } from './options.ts';

@Service('faulty')
class Faulty {
  @Handler()
  async fail(): Promise<object> {
    throw new TypeError('a secret of the service');
  }
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closing.splice(0).reverse()) await close();
});

/** A gateway before a service of another process, as far as both can tell. */
async function open(options: ApiOptions): Promise<string> {
  const all = memory();
  const shared = { registry: all, transport: ['http', all], broker: all, grace: 0 } as const;
  const app = await createApp({ ...shared, log: 'silent' }, [Faulty]);
  closing.push(() => app.close());
  const quick = { address: '127.0.0.1:0', grace: 0, drain: 500 };
  const gateway = await createGateway({ ...quick, ...options }, { ...shared, log: 'warn' });
  closing.push(() => gateway.close());
  return gateway.url;
}

/** What is logged from now on. */
function log(): readonly string[] {
  const lines: string[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  return lines;
}

it.each<[string, RequestInit]>([
  ['/faulty/fail?token=s3cret', {}],
  ['/rpc', { method: 'POST', body: '{"service":"faulty","method":"Faulty.Fail","request":{}}' }],
])('tells of a service that failed at %s: which, and no stack of its own', async (path, init) => {
  const url = await open({ rpc: true });
  const lines = log();
  const headers = { 'content-type': 'application/json', 'x-request-id': 'abc-1' };
  const response = await fetch(url + path, { headers, ...init });
  expect(response.status).toBe(500);
  const told = lines.join('');
  expect(told.match(/The service failed/g)).toHaveLength(1);
  const { method = 'GET' } = init;
  for (const part of ['abc-1', method, path.split('?')[0], 'faulty']) expect(told).toContain(part);
  expect(told).not.toMatch(/The gateway failed|\n\s+at |\\n\s+at |secret|s3cret/);
});

describe('the number in an error of go-micro’s shape is the status', () => {
  const accept = 'application/vnd.micro.error+json';
  const numberOf = async (response: Response): Promise<readonly unknown[]> => {
    const { code, status } = (await response.json()) as { code: unknown; status: unknown };
    return [response.status, code, status];
  };

  it('of a method that is not there', async () => {
    const url = await open({ rpc: true });
    expect(await numberOf(await fetch(`${url}/rpc`))).toEqual([405, 405, 'Method Not Allowed']);
  });

  it('of a body that is too large', async () => {
    const url = await open({ bodyLimit: 10 });
    const init = { method: 'POST', body: 'x'.repeat(11), headers: { accept } };
    const response = await fetch(`${url}/faulty/fail`, init);
    expect(await numberOf(response)).toEqual([413, 413, 'Request Entity Too Large']);
  });
});
