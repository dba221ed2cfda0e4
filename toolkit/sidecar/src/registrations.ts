import type { Node } from 'micro-ts';
import { refusal } from '@micro-ts/edge';
import { Registration } from './registration.ts';
import type { RegistrationParts, RegistrationRequest } from './registration.ts';

/** Apps that have not been well for so long are forgotten, in ms. */
const longestGone = 3_600_000;

/** What apps have registered here: kept registered while they are well, and no longer than this runs. */
export class Registrations {
  readonly #parts: RegistrationParts;
  readonly #most: number;
  readonly #byId = new Map<string, Registration>();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param most nodes at once */
  constructor(parts: RegistrationParts, most: number) {
    this.#parts = parts;
    this.#most = most;
  }

  /**
   * Registers a node as soon as its app is well; in place of what was registered by its id.
   * @returns why it is not registered yet; `undefined` if it is
   */
  async register(request: RegistrationRequest): Promise<string | undefined> {
    const registration = await this.#inTurn(async () => {
      const { id } = request.node;
      const known = this.#byId.get(id);
      if (known?.is(request) === true) return known;
      if (known === undefined) this.#makeRoom();
      const next = new Registration(request, this.#parts);
      this.#byId.set(id, next);
      await known?.close();
      return next;
    });
    await registration.check();
    return registration.problem;
  }

  /** Deregisters a node, whoever has registered it. No error if it is not there. */
  async deregister({ id, service }: Node): Promise<void> {
    const known = this.#byId.get(id);
    this.#byId.delete(id);
    if (known !== undefined) return known.close();
    const { app } = this.#parts;
    const found = (await app.lookup(service)).find((each) => each.id === id);
    if (found !== undefined) await app.deregister(found);
  }

  /** Deregisters all. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn.catch(() => undefined);
    await Promise.all([...this.#byId.values()].map((each) => each.close()));
    this.#byId.clear();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (this.#closed) throw refusal('unavailable', 'the sidecar is closing');
      return work();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #makeRoom(): void {
    if (this.#byId.size < this.#most) return;
    for (const [id, registration] of this.#byId) {
      if (registration.goneFor < longestGone) continue;
      this.#byId.delete(id);
      void registration.close();
    }
    if (this.#byId.size < this.#most) return;
    throw refusal('resource_exhausted', `${this.#most} nodes are the most`);
  }
}
