import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@micro-ts/interface';
import * as driver from '@nats-io/transport-node';
import { openPlugin } from '@micro-ts/testing';
import { readConnectionSettings } from './connection-settings.ts';
import { authOf } from './credentials.ts';
import nats from './index.ts';
import { natsOptions } from './options.ts';
import type { Options } from './opened.test.fixture.ts';
import * as v from 'valibot';

const pair = driver.nkeys.createUser();
const seed = new TextDecoder().decode(pair.getSeed());
const other = seed[20] === 'A' ? 'B' : 'A';
const mistyped = `${seed.slice(0, 20)}${other}${seed.slice(21)}`;

const blockOf = (name: string, text: string, dashes: string) =>
  `-----BEGIN ${name}-----\n${text}\n${dashes}END ${name}${dashes}\n`;
const credsOf = (key: string, dashes = '------') =>
  `${blockOf('NATS USER JWT', 'eyJ0.eyJq-_.c2ln', dashes)}
************************* IMPORTANT *************************
${blockOf('USER NKEY SEED', key, dashes)}`;

describe('the settings of a connection', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-settings-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const read = (options: Options) => readConnectionSettings(v.parse(natsOptions, options));

  it.each<[Options, RegExp]>([
    [{ servers: 'a:1,b:2' }, /^nats\.servers: one text names several\n.*list/],
    [{ servers: 'nats://u:hunter2@a,nats://u:hunter2@b' }, /^nats\.servers: .*several/],
    [{ servers: ['nats://a', 'nats://b:99999'] }, /^nats\.servers: one is not nats:\/\/host:port/],
    [{ servers: 'nats://a:0' }, /^nats\.servers: one is not/],
    [{ servers: 'nats://a/path' }, /^nats\.servers: one is not/],
    [{ servers: 'nats://:4222' }, /^nats\.servers: one is not/],
    [{ servers: 'nats://me:hunter2%@a' }, /^nats\.servers: .*cannot be read\n.*%25/],
    [{ creds: '/no/such/file' }, /^nats\.creds: cannot be read: ENOENT\n.*path/],
    [{ creds: '-----BEGIN NATS USER JWT-----\nhunter2\n' }, /^nats\.creds: is no text with a JWT/],
    [{ creds: credsOf(mistyped) }, /^nats\.creds: is no text with a JWT and the seed/],
    [{ nkey: '/no/such/file' }, /^nats\.nkey: cannot be read: ENOENT\n.*path/],
    [{ nkey: 'SUhunter2' }, /^nats\.nkey: is no seed/],
    [{ nkey: mistyped }, /^nats\.nkey: is no seed.*\n.*checksum/],
    [{ tls: { ca: '/no/such/file' } }, /^nats\.tls\.ca: cannot be read/],
  ])('%#: mistakes stop the boot, with the fix, before anything is dialled', (options, text) => {
    const open = (): unknown => openPlugin(nats(options));
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(text);
    expect(open).not.toThrow(/hunter2/);
  });

  it('take a server in every form', () => {
    const servers = ['a', 'b:1', 'nats://c', 'tls://[::1]:2', 'nats://me:p%40,ss@d:3/'];
    const { hosts, credentials, tls } = read({ servers });
    expect(hosts).toEqual(['a:4222', 'b:1', 'c:4222', '[::1]:2', 'd:3']);
    expect(credentials).toMatchObject({ username: 'me', password: 'p@,ss' });
    expect(tls).toEqual({});
  });

  it('take nkeys and credentials as text and as files, however their lines end', () => {
    const signed = { nkey: pair.getPublicKey(), sig: expect.any(String) };
    const say = (options: Options): unknown =>
      (authOf(read(options).credentials, driver).authenticator as driver.Authenticator)('nonce');
    const file = join(folder, 'user.creds');
    writeFileSync(file, credsOf(seed).replaceAll('\n', '\r\n'));
    for (const creds of [file, credsOf(seed), credsOf(seed, '-----').trimEnd()])
      expect(say({ creds })).toEqual({ ...signed, jwt: 'eyJ0.eyJq-_.c2ln' });
    writeFileSync(file, `${seed}\n`);
    for (const nkey of [file, seed]) expect(say({ nkey })).toEqual(signed);
  });
});
