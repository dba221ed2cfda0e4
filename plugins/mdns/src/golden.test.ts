import { metadata } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { dnsNames } from './dns-names.ts';
import { nodeRecords } from './node-records.ts';
import { answersIn, askedIn, question, readPacket, response } from './packet.ts';
import type { DnsPacket, DnsRecord } from './packet.ts';
import { servicesIn, sightingsIn } from './sighting.ts';

// Packets that a go-micro v5.30.0 service sent, on a machine called `vm`.
const file = join(__dirname, 'golden', 'go-micro-v5.30.0.json');
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<
  'announcement' | 'answer' | 'goodbye' | 'listing' | 'probe',
  string
>;
const read = (hex: string): DnsPacket => {
  const packet = readPacket(Buffer.from(hex, 'hex'));
  if (packet === undefined) throw new Error('no packet');
  return packet;
};

const names = dnsNames('micro');
const node: Node = {
  id: 'greeter-0f0e7c52-9d33-4a6b-8a3b-0d6f2f7d1c11',
  service: 'greeter',
  version: '1.0.0',
  address: '192.0.2.2:8080',
  metadata: metadata({ protocol: 'mucp', transport: 'http' }),
  endpoints: [
    {
      name: 'Greeter.Hello',
      kind: 'unary',
      request: { type: 'object', title: 'Req', properties: { name: { type: 'string' } } },
      response: { type: 'object', title: 'Rsp' },
      metadata: metadata(),
    },
  ],
};
const ours = nodeRecords(node, 120_000, { names, hostname: 'vm' });
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The same records with the text of another: two libraries compress one text differently. */
const withText = (records: readonly DnsRecord[], of: readonly DnsRecord[]): DnsRecord[] => {
  const text = of.find(({ type }) => type === 'TXT');
  return records.map((record) => (record.type === 'TXT' && text ? text : record));
};
const textIn = (records: readonly DnsRecord[]): unknown => {
  const strings = records.flatMap((each) => (each.type === 'TXT' ? [each.data].flat() : []));
  for (const string of strings) expect(string.length).toBeLessThanOrEqual(255);
  for (const string of strings.slice(0, -1)) expect(string.length).toBe(255);
  return JSON.parse(inflateSync(Buffer.from(strings.map(String).join(''), 'hex')).toString());
};

describe('what go-micro sends', () => {
  it.each(['announcement', 'answer', 'goodbye'] as const)('its %s is understood', (kind) => {
    const [sighting, ...more] = sightingsIn(read(recorded[kind]), names, 'micro');
    expect(more).toEqual([]);
    expect(sighting?.instance).toBe(`${node.id}.greeter.micro`);
    expect(sighting?.ttl).toBe(kind === 'goodbye' ? 0 : 120_000);
    expect(plain(sighting?.node())).toEqual(plain(node));
  });

  it('its list of services is understood, and is no node', () => {
    const packet = read(recorded.listing);
    expect(servicesIn(packet, names)).toEqual(['greeter']);
    expect(sightingsIn(packet, names, 'micro')).toEqual([]);
  });

  it('nothing of it is taken for that of another domain', () => {
    for (const hex of Object.values(recorded)) {
      expect(sightingsIn(read(hex), dnsNames('local'), 'local')).toEqual([]);
      expect(servicesIn(read(hex), dnsNames('local'))).toEqual([]);
    }
  });
});

describe('what we send', () => {
  it('tells the same text', () => {
    const theirs = answersIn(read(recorded.announcement));
    expect(textIn([ours.txt])).toEqual(textIn(theirs));
  });

  it('announces in the same bytes, but for the flag of authority, which Go forgets', () => {
    const theirs = Buffer.from(recorded.announcement, 'hex');
    const records = [ours.srv, ours.host, ours.txt];
    const bytes = response(withText(records, answersIn(read(recorded.announcement))));
    expect(bytes.readUInt16BE(2)).toBe(theirs.readUInt16BE(2) | 0x0400);
    bytes.writeUInt16BE(theirs.readUInt16BE(2), 2);
    expect(bytes.toString('hex')).toBe(recorded.announcement);
  });

  it('answers with the same question, records and order; Go compresses the names', () => {
    const theirs = read(recorded.answer);
    const asked = { name: 'greeter.micro', type: 'PTR', unicast: false };
    const records = withText([ours.ptr, ours.srv, ours.host, ours.txt], answersIn(theirs));
    const bytes = response(records, { asked, id: theirs.id });
    expect(plain(readPacket(bytes))).toEqual(plain(theirs));
  });

  it('probes with the same authorities, for any record where Go asks for a PTR', () => {
    const theirs = read(recorded.probe);
    const probe = readPacket(question(ours.instance, 'ANY', [ours.srv, ours.txt]));
    expect(askedIn(probe ?? theirs)).toEqual([{ ...askedIn(theirs)[0], type: 'ANY' }]);
    const kinds = ({ authorities }: DnsPacket) =>
      authorities?.map(({ type, name }) => [type, name]);
    expect(kinds(probe ?? theirs)).toEqual(kinds(theirs));
  });

  it('asks in the bytes that Go asks in', () => {
    // `greeter.micro`, PTR, class IN without the bit for unicast answers.
    const hex = '000000000001000000000000' + '0767726565746572056d6963726f00' + '000c0001';
    expect(question('greeter.micro', 'PTR').toString('hex')).toBe(hex);
  });
});
