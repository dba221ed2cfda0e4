import type { FastifyRequest } from 'fastify';
import { refusal } from './refusal.ts';

/** What {@link LiveStreams} can be told. */
export interface StreamLimits {
  /** Most streams and web sockets at once. Default 20,000. */
  readonly mostStreams?: number;
  /** Most of them that one client has at once. Default: any number. */
  readonly mostStreamsOfClient?: number;
  /** Whose a request is, for its share. Default: of the address that it comes from. */
  readonly clientOf?: (request: FastifyRequest) => string;
}

/** Streams and sockets that run, so that they can be ended before the server closes. */
export class LiveStreams {
  readonly #ends = new Set<() => void>();
  readonly #most: number;
  readonly #mostOfClient: number;
  readonly #clientOf: (request: FastifyRequest) => string;
  readonly #ofClient = new Map<string, number>();
  #over = false;

  constructor({
    mostStreams = 20_000,
    mostStreamsOfClient = Infinity,
    clientOf = ({ ip }) => ip,
  }: StreamLimits) {
    this.#most = mostStreams;
    this.#mostOfClient = mostStreamsOfClient;
    this.#clientOf = clientOf;
  }

  get size(): number {
    return this.#ends.size;
  }

  /**
   * @throws MicroError `unavailable` if the server closes, `resource_exhausted` if too many run, or too
   * many of the client
   */
  admit(request: FastifyRequest): void {
    this.#admit(this.#clientOf(request));
  }

  /**
   * Adds one that begins.
   * @param end tells this one to end, so that its client comes back elsewhere
   * @returns what forgets it; twice is fine
   * @throws MicroError see {@link admit}
   */
  add(request: FastifyRequest, end: () => void): () => void {
    const client = this.#clientOf(request);
    const before = this.#admit(client);
    this.#ends.add(end);
    this.#ofClient.set(client, before + 1);
    return () => {
      if (!this.#ends.delete(end)) return;
      const left = (this.#ofClient.get(client) ?? 1) - 1;
      if (left === 0) this.#ofClient.delete(client);
      else this.#ofClient.set(client, left);
    };
  }

  /** Ends all; there will be no more. */
  end(): void {
    this.#over = true;
    for (const end of this.#ends) end();
  }

  /** @returns how many the client has */
  #admit(client: string): number {
    if (this.#over) throw refusal('unavailable', 'the server is closing');
    if (this.#ends.size >= this.#most) throw refusal('resource_exhausted', 'too many streams run');
    const own = this.#ofClient.get(client) ?? 0;
    if (own < this.#mostOfClient) return own;
    throw refusal('resource_exhausted', `${own} streams of this client run, and no more may`);
  }
}
