import { closable, MicroError } from '@micro-ts/interface';
import type { CallMessage, Connection, ErrorCode, Limits, Message } from '@micro-ts/interface';
import type { Post } from './bus.ts';
import type { PlainCalls } from './plain-calls.ts';
import { readAnswer, requestOf, tooLarge } from './plain-headers.ts';
import { newId } from './tunnels.ts';

/** What calls to a node of go-micro need. */
export interface PlainSettings {
  readonly post: Post;
  readonly calls: PlainCalls;
  readonly limits: Limits;
  /** Of the node. */
  readonly address: string;
}

const refusal = (code: ErrorCode, text: string): MicroError =>
  new MicroError(code, text, { refused: true });

/**
 * Calls to one node of go-micro. Its server keeps something for each place where answers go, and never
 * lets go of it; so a call takes the place of one that was answered, and there are as many as there
 * were calls at once. No two calls share one, because some versions of go-micro lose the second.
 */
export class PlainConnection implements Connection {
  readonly closed: Promise<unknown>;
  readonly close: () => Promise<void>;
  readonly exchange = (call: CallMessage): Promise<Message> => this.#exchange(call);
  readonly #settings: PlainSettings;
  readonly #free: string[] = [];
  readonly #running = new Map<string, (reason: MicroError) => void>();
  readonly #lose: (reason: unknown) => void;
  #ended = false;

  constructor(settings: PlainSettings) {
    this.#settings = settings;
    const end = closable(() => {
      this.#ended = true;
      const text = `the connection to ${settings.address} was closed`;
      for (const fail of [...this.#running.values()]) fail(new MicroError('unavailable', text));
    });
    this.closed = end.closed;
    this.close = end.close;
    this.#lose = end.lose;
    void settings.post.closed.then((reason) => end.lose(reason ?? 'the bus was closed'));
  }

  #exchange(call: CallMessage): Promise<Message> {
    const { body, lifetime } = call;
    const refused = this.#refusal(call);
    if (refused !== undefined) return Promise.reject(refused);
    return new Promise((resolve, reject) => {
      const { post, address, limits, calls } = this.#settings;
      const request = requestOf(call, body as Uint8Array, limits);
      const id = this.#free.pop() ?? newId();
      const end = (): void => {
        lifetime.offEnd(fail);
        this.#running.delete(id);
        calls.take(id);
      };
      // Its id is not used again: a late answer must not be taken for the answer to another call.
      const fail = (reason: MicroError): void => {
        end();
        reject(reason);
      };
      calls.add(id, {
        answered: (message) => {
          end();
          this.#free.push(id);
          try {
            resolve(readAnswer(call, message, limits));
          } catch (error) {
            reject(error);
          }
        },
        nobody: () => {
          const nobody = refusal('unavailable', `${address}: nobody is there`);
          fail(nobody);
          this.#lose(nobody);
        },
        lost: fail,
      });
      this.#running.set(id, fail);
      lifetime.onEnd(fail);
      try {
        post.ask(address, id, request);
      } catch (error) {
        fail(MicroError.from(error, 'unavailable'));
      }
    });
  }

  /** Why a call cannot even begin. */
  #refusal({ body, lifetime }: CallMessage): MicroError | undefined {
    const { address, limits } = this.#settings;
    if (this.#ended) return refusal('unavailable', `the connection to ${address} is closed`);
    if (!(body instanceof Uint8Array)) {
      return refusal('unimplemented', `${address} takes no streams: it has no frames`);
    }
    if (lifetime.reason !== undefined) return lifetime.reason;
    if (lifetime.left === 0) return refusal('deadline_exceeded', 'too late');
    if (body.length > limits.messageBytes) return tooLarge(limits.messageBytes, true);
    if (this.#running.size < limits.callsPerConnection) return undefined;
    return refusal('resource_exhausted', `${this.#running.size} calls are under way to ${address}`);
  }
}
