import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@micro-ts/interface';
import { certificates } from '@micro-ts/testing/servers';
import * as v from 'valibot';
import { clientTls, readClientTls, readPem } from './index.ts';

const { authority } = certificates;
const folder = mkdtempSync(join(tmpdir(), 'tls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (options: v.InferInput<typeof clientTls> | undefined) =>
  readClientTls(options === undefined ? undefined : v.parse(clientTls, options), 'etcd');

describe('the TLS of a plugin that dials a server', () => {
  it('is none if nobody asks for it', () => {
    expect(read(undefined)).toBeUndefined();
  });

  it('checks certificates unless it is told not to', () => {
    expect(read({})).toEqual({ rejectUnauthorized: true });
    expect(read({ insecure: true })).toEqual({ rejectUnauthorized: false });
  });

  it('takes texts and paths', () => {
    const file = join(folder, 'ca.pem');
    writeFileSync(file, authority);
    const expected = { ca: authority, servername: 'etcd.test', rejectUnauthorized: true };
    expect(read({ ca: authority, servername: 'etcd.test' })).toEqual(expected);
    expect(read({ ca: file, servername: 'etcd.test' })).toEqual(expected);
    expect(readPem({ ca: file }, 'etcd')).toEqual({ ca: authority });
  });

  it('names the option of a file that cannot be read, and of text that is no certificate', () => {
    expect(() => read({ ca: join(folder, 'none.pem') })).toThrow(ConfigError);
    expect(() => read({ ca: join(folder, 'none.pem') })).toThrow(/^etcd\.tls\.ca: cannot be read/);
    const broken = '-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----';
    expect(() => read({ cert: broken, key: broken })).toThrow(/^etcd\.tls: certificate and key/);
    expect(() => read({ cert: authority })).toThrow(/cert and key belong together/);
  });

  it('names the variable of the environment that something was taken from', () => {
    const variables = { ca: 'X_CACERT', cert: 'X_CERT', key: 'X_KEY' };
    const readFrom = (pem: { ca?: string; cert?: string; key?: string }) =>
      readPem(pem, 'consul', variables);
    expect(() => readFrom({ ca: '/no/such/file' })).toThrow(/^X_CACERT: cannot be read/);
    expect(() => readFrom({ key: '/no/such/file' })).toThrow(/^X_KEY: cannot be read: ENOENT\n/);
    expect(() => readFrom({ cert: authority, key: authority })).toThrow(/^X_CERT: certificate and/);
  });

  it('takes nothing for an authority that is none', () => {
    const file = join(folder, 'empty.pem');
    writeFileSync(file, '');
    expect(() => read({ ca: file })).toThrow(/^etcd\.tls\.ca: holds no certificate/);
  });

  it('does not tell a key that was given in another form', () => {
    const text = Buffer.from('hunter2'.repeat(50)).toString('base64');
    const opening = () => read({ cert: authority, key: text });
    expect(opening).toThrow(/^etcd\.tls\.key: cannot be read: E[A-Z]+\n/);
    expect(opening).not.toThrow(new RegExp(text.slice(0, 20)));
  });
});
