import { randomUUID } from 'node:crypto';
import { MicroError } from '@micro-ts/interface';
import type { Node } from '@micro-ts/interface';
import { decodeRegistryMessage, encodeRecord, encodeRegistryChange } from '@micro-ts/wire';
import type { Msg, Subscription } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';
import { encodeHeartbeat, markHeaders, partHeaders, revisionOf } from './heartbeat.ts';
import type { Asking } from './ask.ts';

/** What headers and the words around a record may take, in bytes. */
const around = 1_024;
/** Answers go out in portions of so many bytes, so that other messages come in between. */
const portion = 1024 * 1024;
/** Longest question that is read, in bytes. */
const longestQuestion = 64 * 1024;

interface Own {
  readonly node: Node;
  readonly record: string;
  readonly revision: string;
  readonly expires: number;
}

/** The nodes that this process has registered through one connection, and for which it answers. */
export class Registrations {
  readonly #asking: Asking;
  readonly #link: NatsLink;
  /** By which those who ask tell our answers from those of others. */
  readonly #name = randomUUID().slice(0, 13);
  readonly #own = new Map<string, Own>();
  #listening: readonly Subscription[] = [];
  #swept = 0;

  constructor(asking: Asking) {
    this.#asking = asking;
    this.#link = asking.link;
  }

  /** Tells all of a node that is new or has changed; of one that is as it was, only that it lives. */
  async register(node: Node, ttl: number): Promise<void> {
    const record = encodeRecord(node);
    const own = { node, record, revision: revisionOf(record), expires: performance.now() + ttl };
    const before = this.#own.get(node.id);
    const known = before?.record === record && before.expires > performance.now();
    const change = encodeRegistryChange('create', node);
    if (Buffer.byteLength(change) + around > this.#link.maxPayload) throw this.#tooLarge(node);
    this.#listen();
    this.#own.set(node.id, own);
    this.#sweep();
    const mark = { revision: own.revision, ttl };
    const { id, service } = node;
    const beat = known ? encodeHeartbeat({ id, service, ...mark }) : undefined;
    await this.#tell(async (family) => {
      const heard = this.#link.flush(family.query);
      const headers = beat === undefined ? this.#link.headers(markHeaders(mark)) : undefined;
      const told = headers
        ? this.#link.publish(family.watch, change, { headers })
        : this.#link.publish(family.alive(service), beat ?? '');
      await Promise.all([heard, told]);
    });
  }

  async deregister(node: Node): Promise<void> {
    this.#own.delete(node.id);
    if (this.#own.size === 0) this.#fallSilent();
    const change = encodeRegistryChange('delete', node);
    await this.#tell(({ watch }) => this.#link.publish(watch, change));
  }

  async #tell(publish: (family: Asking['families'][number]) => Promise<void>): Promise<void> {
    await Promise.all(this.#asking.families.map(publish));
  }

  #listen(): void {
    if (this.#listening.length > 0) return;
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) void this.#answer(message).catch(() => undefined); // the link is gone
    };
    this.#listening = this.#asking.families.map(({ query }) =>
      this.#link.subscribe(query, { callback }),
    );
  }

  #fallSilent(): void {
    for (const subscription of this.#listening) subscription.unsubscribe();
    this.#listening = [];
  }

  async #answer(question: Msg): Promise<void> {
    const { reply, data, subject } = question;
    if (reply === undefined || reply === '') return;
    const wanted = data.length > longestQuestion ? undefined : read(question);
    if (wanted === undefined) return this.#asking.garbage(subject);
    const now = performance.now();
    const own = [...this.#own.values()].filter(
      ({ node, expires }) =>
        expires > now && (wanted.service === undefined || node.service === wanted.service),
    );
    let [sent, left] = [0, own.length];
    for (const { record, revision, expires } of own) {
      left -= 1;
      const mark = { revision, ttl: expires - performance.now() };
      const entries = { ...markHeaders(mark), ...partHeaders({ from: this.#name, left }) };
      this.#link.send(reply, record, { headers: this.#link.headers(entries) });
      sent += record.length;
      if (sent < portion) continue;
      sent = 0;
      await this.#link.flush();
    }
  }

  /** Lets go of what expired, now and then. */
  #sweep(): void {
    const now = performance.now();
    if (now - this.#swept < 1_000) return;
    this.#swept = now;
    for (const [id, { expires }] of this.#own) if (expires <= now) this.#own.delete(id);
  }

  #tooLarge({ id }: Node): MicroError {
    const { server } = this.#link;
    const text = `the record of ${id} is larger than nats ${server} takes: see its max_payload`;
    return new MicroError('resource_exhausted', text, { refused: true });
  }
}

/** `undefined` for what is no question. */
function read(question: Msg): { readonly service: string | undefined } | undefined {
  try {
    const { action, service } = decodeRegistryMessage(question.string());
    if (action === 'list') return { service: undefined };
    return action === 'get' && service !== undefined ? { service } : undefined;
  } catch {
    return undefined;
  }
}
