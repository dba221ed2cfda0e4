import { ConfigError, MicroError } from '@micro-ts/interface';
import type { Logger } from '@micro-ts/interface';
import type { ConsumerConfig, JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { NatsLink } from '../link.ts';

/** Numbers of JetStream's errors. */
const overlap = 10_065;
const nameInUse = 10_058;
const notForAccount = 10_039;
const consumerNotFound = 10_014;
const streamNotFound = 10_059;
const noCluster = 10_074;
const noPeers = 10_005;
/** The server, or our account on it, has not so much room as a stream asks for. */
const noRoom = [10_002, 10_023, 10_028, 10_047, 10_113, 10_120, 10_122];

/** A stream, as far as it matters where events go. */
export type Capture = Pick<StreamConfig, 'name' | 'subjects'>;

/** JetStream, as far as a broker needs it: its verbs fail with what a person can do about it. */
export class JetStream {
  readonly link: NatsLink;
  readonly #timeout: number;
  readonly #logger: Logger;
  #manager: Promise<JetStreamManager> | undefined;
  #warned = false;

  /** @param timeout of each question, in ms */
  constructor(link: NatsLink, timeout: number, logger: Logger) {
    this.link = link;
    this.#logger = logger;
    this.#timeout = timeout;
  }

  /** All streams that capture subjects; none where there is no JetStream. */
  async streams(): Promise<readonly Capture[]> {
    try {
      return await this.#ask(async ({ streams }) => {
        const found: Capture[] = [];
        for await (const { config } of streams.list()) found.push(config);
        return found;
      });
    } catch (error) {
      if (error instanceof ConfigError) return [];
      if (!(error instanceof MicroError) || error.code !== 'permission_denied') throw error;
      const text = 'streams cannot be listed: publishing does not wait until they have an event';
      if (!this.#warned) this.#logger.warn(text, { error });
      this.#warned = true;
      return [];
    }
  }

  /** Makes a stream, unless it is there. */
  async makeStream(config: StreamSettings): Promise<void> {
    try {
      await this.#ask(({ streams }) => streams.add(config));
    } catch (error) {
      if (codeOf(error) === nameInUse) return; // with other settings, which hold
      throw this.#unmade(config, error);
    }
  }

  /** Why a stream could not be made, with the option that makes a difference. */
  #unmade({ name, subjects, num_replicas: replicas }: StreamSettings, error: unknown): unknown {
    const code = codeOf(error);
    const problem = `nats ${this.link.server} cannot make stream ${name}`;
    if (code === overlap) {
      const fix = `Let that stream capture all of ${subjects.join(', ')}, or none of it.`;
      return new ConfigError('nats.jetstream', `${problem}: another captures part of it`, fix);
    }
    if (code === noCluster) {
      const fix = 'Give 1, or the servers of a cluster of JetStream.';
      const why = `${problem} with ${replicas} copies: it is in no cluster`;
      return new ConfigError('nats.jetstream.replicas', why, fix);
    }
    if (code === noPeers) {
      const text = `${problem}: too few servers for nats.jetstream.replicas, ${replicas}: ${textOf(error)}`;
      return new MicroError('unavailable', text, { cause: error });
    }
    if (!noRoom.includes(code)) return error;
    const text = `${problem}: ${textOf(error)}: see nats.jetstream.maxBytes, or give the server more room`;
    return new MicroError('resource_exhausted', text, { cause: error });
  }

  /** Makes a consumer, or gives the one that is there these settings. */
  async makeConsumer(stream: string, config: Partial<ConsumerConfig>): Promise<void> {
    await this.#ask(({ consumers }) => consumers.add(stream, config));
  }

  /** Removes a consumer, if it is there. */
  async dropConsumer(stream: string, name: string): Promise<void> {
    try {
      await this.#ask(({ consumers }) => consumers.delete(stream, name));
    } catch (error) {
      if (![consumerNotFound, streamNotFound].includes(codeOf(error))) throw error;
    }
  }

  async #ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    try {
      return await this.link.orLost(this.#connect().then(question));
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #connect(): Promise<JetStreamManager> {
    return (this.#manager ??= import('@nats-io/jetstream').then(({ jetstreamManager }) =>
      jetstreamManager(this.link.nats, { checkAPI: false, timeout: this.#timeout }),
    ));
  }

  #explain(error: unknown): unknown {
    const cause = causeOf(error);
    const { server } = this.link;
    if ((cause as Partial<Error>)?.name !== 'JetStreamNotEnabled') return error;
    if (codeOf((cause as Partial<Error>).cause) === notForAccount) {
      const fix = 'Give its account `jetstream: enabled` in the configuration of the server.';
      return new ConfigError('nats.servers', `${server} allows us no JetStream, ${why}`, fix);
    }
    // A server that says that it has it is not ready yet.
    if (this.link.nats.info?.['jetstream'] === true) return error;
    const fix = 'Start it with -js, or with `jetstream {}` in its configuration.';
    return new ConfigError('nats.servers', `${server} has no JetStream, ${why}`, fix);
  }
}

/** What a stream is made with. */
export type StreamSettings = Partial<StreamConfig> &
  Pick<StreamConfig, 'name'> & { readonly subjects: string[] };

const why = 'which subscriptions that are at-least-once need';

const causeOf = (error: unknown): unknown => (error instanceof MicroError ? error.cause : error);

const textOf = (error: unknown): string => (causeOf(error) as Partial<Error>)?.message ?? '';

/** JetStream's number of an error; 0 if it is none of its own. */
function codeOf(error: unknown): number {
  const { code } = (causeOf(error) ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : 0;
}
