// A real ACME server, and a DNS that leads the names of the tests to this machine.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { certificates, goProgram, needsGo } from '@micro-ts/testing/servers';

const program = goProgram({
  folder: join(__dirname, '../../../../scripts/servers/pebble'),
  name: 'pebble',
  target: 'github.com/letsencrypt/pebble/v2/cmd/pebble',
});

/** A suite that needs the ACME server. */
export const describeWithPebble = needsGo(describe, program);

export interface PebbleOptions {
  readonly port: number;
  readonly managementPort: number;
  /** Where challenges are looked for. */
  readonly httpPort: number;
  readonly dnsPort: number;
  /** How long its certificates are valid, in seconds. */
  readonly validity?: number;
  readonly bindingRequired?: boolean;
}

export interface Pebble {
  readonly directory: string;
  /** Authority of its own HTTPS. */
  readonly ca: string;
  /** What signs its certificates; another one after each start. */
  root(): Promise<string>;
  /** As a process that dies: it remembers nothing. */
  kill(): Promise<void>;
}

/** Starts Pebble; resolves when it answers. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const { port, managementPort, httpPort, dnsPort, validity = 7_776_000 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'pebble-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const config = write(
    'config.json',
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${managementPort}`,
        certificate: write('cert.pem', certificates.serverCert),
        privateKey: write('key.pem', certificates.serverKey),
        httpPort,
        tlsPort: 1,
        externalAccountBindingRequired: options.bindingRequired ?? false,
        externalAccountMACKeys: {
          kid: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W',
        },
        domainBlocklist: ['blocked.test'],
        retryAfter: { authz: 1, order: 1 },
        keyAlgorithm: 'ecdsa',
        profiles: { default: { description: '', validityPeriod: validity } },
      },
    }),
  );
  const child: ChildProcess = spawn(
    'path' in program ? program.path : '',
    ['-config', config, '-dnsserver', `127.0.0.1:${dnsPort}`],
    { env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0' }, stdio: 'pipe' },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => (log = `${log}${text}`.slice(-20_000)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const directory = `https://localhost:${port}/dir`;
  for (let tries = 0; ; tries++) {
    if (
      await fetchText(directory).then(
        () => true,
        () => false,
      )
    )
      break;
    if (tries > 100 || child.exitCode !== null) {
      await kill();
      throw new Error(`pebble does not answer:\n${log}`);
    }
    await sleep(100);
  }
  const root = () => fetchText(`https://localhost:${managementPort}/roots/0`);
  return { directory, ca: certificates.authority, root, kill };
}

const fetchText = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get(url, { ca: certificates.authority, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });

/** A DNS server over TCP: `known` names lead to 127.0.0.1, all others to nothing. */
export async function startDns(
  known: ReadonlySet<string>,
): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => {
    let waiting = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, Buffer.from(bytes)]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        const answer = answerTo(waiting.subarray(2, end), known);
        waiting = waiting.subarray(end);
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

/** RFC 1035, as far as it goes for one question about an address. */
function answerTo(query: Buffer, known: ReadonlySet<string>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const isKnown = known.has(labels.join('.').toLowerCase());
  const isAddress = isKnown && type === 1;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | (isKnown ? 0 : 3), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(isAddress ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
  const question = query.subarray(12, at + 5);
  return Buffer.concat([head, question, ...(isAddress ? [record] : [])]);
}
