import type { Socket } from 'node:net';
import { closable, Lifetime, MicroError } from '@micro-ts/interface';
import type { Closable, Limits, Node } from '@micro-ts/interface';
import { decodeError, formatAddress, parseAddress } from '@micro-ts/wire';
import type { Agent } from 'undici';
import { dial } from './dial.ts';
import type { DialSettings } from './dial.ts';
import { foreignError } from './http-errors.ts';
import { openAgent } from './pool.ts';
import { post } from './post.ts';

/** What a sender needs to know. */
export interface SenderSettings extends DialSettings {
  readonly limits: Limits;
  readonly connections: number;
}

/** Largest answer to an event that is read, in bytes: nothing is expected. */
const most = 64 * 1024;

/** Sends events to subscriptions, by the POST of go-micro's HTTP broker. */
export class EventSender implements Closable {
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly #settings: SenderSettings;
  #agent: Promise<Agent> | undefined = undefined;

  constructor(settings: SenderSettings) {
    this.#settings = settings;
    const end = closable(async () => {
      await (await this.#agent)?.destroy();
    });
    this.closed = end.closed;
    this.close = end.close;
  }

  /**
   * Resolves when the subscription has taken the event.
   * @throws MicroError refused if it certainly has not
   */
  async send(node: Node, envelope: Uint8Array, lifetime: Lifetime): Promise<void> {
    const { host, port } = parseAddress(node.address);
    const secure = node.metadata['secure'] === 'true';
    const origin = `${secure ? 'https' : 'http'}://${formatAddress(host, port)}`;
    this.#agent ??= openAgent(this.#settings, (at) => this.#socket(at));
    const agent = await this.#agent;
    await new Promise<void>((resolve, reject) => {
      const request = {
        origin,
        path: `/?id=${encodeURIComponent(node.id)}`,
        headers: ['Content-Type', 'application/json'],
        body: envelope,
        lifetime,
        most,
      };
      post(agent, request, {
        answered: (status, text, headers, body) => {
          if (headers.error !== undefined) reject(decodeError(headers.error, headers.refused));
          else if (status === 200) resolve();
          else reject(foreignError(status, text, body));
        },
        failed: reject,
      });
    });
  }

  #socket(at: { hostname: string; port: string; protocol: string }): Promise<Socket> {
    const secure = at.protocol === 'https:';
    const port = at.port === '' ? (secure ? 443 : 80) : Number(at.port);
    const host = at.hostname;
    return dial({ host, port, secure, address: formatAddress(host, port) }, this.#settings);
  }
}

/** A lifetime of `ms`, and what puts its timer away. */
export function limited(ms: number): { readonly lifetime: Lifetime; readonly done: () => void } {
  const lifetime = new Lifetime(performance.now() + ms);
  const late = (): void =>
    lifetime.end(new MicroError('deadline_exceeded', `a subscriber did not answer in ${ms} ms`));
  const timer = setTimeout(late, ms);
  return { lifetime, done: () => clearTimeout(timer) };
}
