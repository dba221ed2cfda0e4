import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@micro-ts/interface';
import * as v from 'valibot';
import { clientTls, readClientTls, readPem } from './index.ts';

const authority = `
-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUaFN6Jay9B7kT9F8oorXok6vk+xQwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUTWljcm8gdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIyMDQxMjU3
WhgPMjEyNjEwMjkwNDEyNTdaMB8xHTAbBgNVBAMMFE1pY3JvIHRlc3QgYXV0aG9y
aXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoJr8MBaSUh73hmhMmehxTxrq
wrrITMPgXkPvhUdulF2BJv39L9k5ADv4LjHneZ2MuexgEi6nlOF+WJ/TriTRIqNT
MFEwHQYDVR0OBBYEFEjBqQ8jsRTnevquM2dFuzbqbo+qMB8GA1UdIwQYMBaAFEjB
qQ8jsRTnevquM2dFuzbqbo+qMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
RwAwRAIgcocU+bxLKb1GWQZCnTyHB1ankKMV96b3bdOshO4vFvoCIF+EjcFu9BxZ
RR65vrbE/4Pwn0J4iB8uXv66/cuC9afK
-----END CERTIFICATE-----
`;

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
});
