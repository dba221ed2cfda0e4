import { AUTHORITATIVE_ANSWER, decode, encode, encodingLength } from 'dns-packet';
import type { Answer, DecodedPacket, OptAnswer, Packet, Question } from 'dns-packet';

/** A record of DNS. */
export type DnsRecord = Exclude<Answer, OptAnswer>;

/** A packet, read. Opcodes and codes other than 0 mean nothing in multicast DNS. */
export type DnsPacket = DecodedPacket;

/** A question, read. */
export interface Asked {
  readonly name: string;
  readonly type: string;
  /** Whoever asks would like the answer for himself: the top bit of the class. */
  readonly unicast: boolean;
}

/** Bits of the opcode and the response code in `flags`. */
const refusals = 0x7800 | 0x000f;

/**
 * Reads a packet; `undefined` if it is none of multicast DNS.
 * @throws Error if it is no DNS at all.
 */
export function readPacket(bytes: Buffer): DnsPacket | undefined {
  const packet = decode(bytes);
  return ((packet.flags ?? 0) & refusals) === 0 ? packet : undefined;
}

/** Most questions of one packet that are answered. */
const questions = 64;

/** The questions of class IN. The library knows the class with its top bit set by number only. */
export function askedIn(packet: DnsPacket): readonly Asked[] {
  return (packet.questions ?? []).slice(0, questions).flatMap(({ name, type, class: kind }) => {
    const unicast = String(kind) === 'UNKNOWN_32769';
    return unicast || kind === 'IN' || kind === 'ANY' ? [{ name, type, unicast }] : [];
  });
}

/** The records of an answer, wherever in the packet they stand. */
export function answersIn(packet: DnsPacket): readonly DnsRecord[] {
  const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])];
  return records.filter((record): record is DnsRecord => record.type !== 'OPT');
}

/** A question to all, with what is known to those who ask whether a name is taken. */
export function question(name: string, type: 'PTR' | 'ANY', known: DnsRecord[] = []): Buffer {
  // The types of the library leave out ANY, which it knows.
  const questions = [{ name, type, class: 'IN' }] as Question[];
  return encode({ type: 'query', id: 0, questions, authorities: known });
}

/** What a {@link response} may have besides its records. */
export interface Response {
  /** The question that it answers. go-micro ignores answers to it that do not repeat it. */
  readonly asked?: Asked | undefined;
  readonly id?: number | undefined;
}

/** An answer, or an announcement that nobody asked for. */
export function response(records: readonly DnsRecord[], { asked, id = 0 }: Response = {}): Buffer {
  return encode(responsePacket(records, asked, id));
}

/** Bytes that an answer with these records takes. */
export function responseBytes(records: readonly DnsRecord[], asked: Asked): number {
  return encodingLength(responsePacket(records, asked, 0));
}

function responsePacket(
  records: readonly DnsRecord[],
  asked: Asked | undefined,
  id: number,
): Packet {
  const questions =
    asked === undefined
      ? []
      : ([{ name: asked.name, type: asked.type, class: 'IN' }] as Question[]);
  const answers = [...records];
  return { type: 'response', id, flags: AUTHORITATIVE_ANSWER, questions, answers };
}
