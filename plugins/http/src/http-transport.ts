import { randomUUID } from 'node:crypto';
import { closable, metadata } from '@micro-ts/interface';
import type { Connection, Exchange, Listener, RoleContext } from '@micro-ts/interface';
import type { Target, Transport } from '@micro-ts/interface';
import { connectFrames } from '@micro-ts/frames';
import { parseAddress } from '@micro-ts/wire';
import { Admission } from './admission.ts';
import { askForFrames, saysNoFrames } from './ask-for-frames.ts';
import { dial } from './dial.ts';
import { openHost } from './host.ts';
import { HttpConnection } from './http-connection.ts';
import { HttpServer } from './http-server.ts';
import type { HttpSettings } from './options.ts';
import { placeOf } from './place.ts';
import type { Place } from './place.ts';
import { readTls } from './tls.ts';
import type { TlsSettings } from './tls.ts';
import { UndecidedConnection } from './undecided-connection.ts';
import { FrameServer } from './upgrade.ts';

/** Plain HTTP callers of this long ago, in ms, are thought to come again. */
const recently = 60_000;

/** What a transport needs to know of its app. */
export type HttpSurroundings = Pick<RoleContext<unknown>, 'limits' | 'network'>;

/** Calls over go-micro's HTTP, and over frames where both sides speak them. */
export class HttpTransport implements Transport {
  readonly #options: HttpSettings;
  readonly #context: HttpSurroundings;
  readonly #tls: TlsSettings;

  /** @throws ConfigError if certificates cannot be read */
  constructor(options: HttpSettings, context: HttpSurroundings) {
    this.#options = options;
    this.#context = context;
    this.#tls = readTls(options.tls);
  }

  async connect(target: Target): Promise<Connection> {
    const place = placeOf(target, this.#tls.preferred);
    const start = performance.now();
    const socket = await dial(place, this.#dialSettings());
    const left = this.#context.limits.handshake - (performance.now() - start);
    const frames = this.#options.frames ? place.frames : 'no';
    const http = async (): Promise<Connection> =>
      this.#http(place, await dial(place, this.#dialSettings()));
    if (frames === 'no') return this.#http(place, socket);
    const ready = askForFrames(socket, place, left);
    const settings = { limits: this.#context.limits, ready };
    const { instance } = place;
    if (frames === 'yes') {
      const node = instance === undefined ? {} : { node: instance };
      const connection = connectFrames(socket, { ...settings, ...node });
      return new UndecidedConnection({ frames: connection, ready, http });
    }
    try {
      await ready;
      return connectFrames(socket, settings);
    } catch (error) {
      if (saysNoFrames(error)) return http();
      throw error;
    }
  }

  async listen(address: string, exchange: Exchange): Promise<Listener> {
    const { limits } = this.#context;
    const { allowedOrigins, allowedHosts } = this.#options;
    const admission = new Admission(allowedOrigins, allowedHosts);
    const instance = randomUUID();
    const draining = (): boolean => host.draining;
    const http = new HttpServer({ exchange, admission, limits, draining });
    const frames = new FrameServer({ exchange, admission, limits, instance });
    const host = await openHost(
      address,
      {
        request: (request, response, accepted) => http.request(request, response, accepted),
        ...(this.#options.frames
          ? { upgrade: (request, head, accepted) => frames.upgrade(request, head, accepted) }
          : {}),
      },
      { limits, tls: this.#tls.server },
    );
    admission.allow(parseAddress(host.address).host);
    this.#context.network().then(
      ({ advertise }) => admission.allow(advertise),
      () => undefined, // then there is no such name
    );
    const end = closable(async () => {
      await frames.close();
      await host.close();
    });
    void host.closed.then((reason) => reason === undefined || end.lose(reason));
    return {
      address: host.address,
      metadata: this.#metadata(instance),
      closed: end.closed,
      close: end.close,
      needsGrace: () => http.servedWithin(recently),
      drain: async () => void (await Promise.all([host.drain(), frames.drain()])),
    };
  }

  #metadata(instance: string): Listener['metadata'] {
    return metadata(
      { transport: 'http', protocol: 'mucp', server: 'mucp' },
      this.#options.frames ? { frames: '1', instance } : undefined,
      this.#tls.server === undefined ? undefined : { secure: 'true' },
    );
  }

  #http(place: Place, first: Awaited<ReturnType<typeof dial>>): Connection {
    const { connections } = this.#options;
    const { limits } = this.#context;
    return new HttpConnection(place, first, { ...this.#dialSettings(), limits, connections });
  }

  #dialSettings(): { tls: TlsSettings['client']; patience: number } {
    return { tls: this.#tls.client, patience: this.#context.limits.handshake };
  }
}
