import type { CallMessage } from '@micro-ts/interface';
import { maxNames, readU16, writeU16 } from './frame.ts';
import type { Slab } from './frame.ts';
import { refusal } from './failure.ts';
import { ProtocolError } from './protocol-error.ts';

/** What a call's number stands for, on one connection. */
export type Name = Pick<CallMessage, 'service' | 'endpoint' | 'contentType'>;

interface Numbered extends Name {
  readonly id: number;
}

/** The client's side: gives numbers to names. */
export class NameNumbers {
  readonly #byEndpoint = new Map<string, Numbered[]>();
  #next = 0;

  /** The number of a name that the server knows already. */
  find({ service, endpoint, contentType }: Name): number | undefined {
    const known = this.#byEndpoint.get(endpoint);
    if (known === undefined) return undefined;
    for (const name of known) {
      if (name.service === service && name.contentType === contentType) return name.id;
    }
    return undefined;
  }

  /** Gives a number. When all are used up it begins anew: a later DEFINE takes the number over. */
  add({ service, endpoint, contentType }: Name): number {
    if (this.#next === maxNames) {
      this.#byEndpoint.clear();
      this.#next = 0;
    }
    const id = this.#next++;
    const name = { service, endpoint, contentType, id };
    const known = this.#byEndpoint.get(endpoint);
    if (known === undefined) this.#byEndpoint.set(endpoint, [name]);
    else known.push(name);
    return id;
  }
}

/**
 * Payload of DEFINE, its number still 0.
 * @throws MicroError `invalid_argument` for a part that is longer than 255 bytes.
 */
export function encodeName({ service, endpoint, contentType }: Name): Buffer {
  const parts: Uint8Array[] = [Buffer.alloc(2)];
  for (const text of [service, endpoint, contentType]) {
    const bytes = Buffer.from(text);
    if (bytes.length > 255) {
      throw refusal('invalid_argument', `a name of ${bytes.length} bytes; 255 are allowed`);
    }
    parts.push(Buffer.from([bytes.length]), bytes);
  }
  return Buffer.concat(parts);
}

/** Puts the number into a payload of DEFINE. */
export function numberName(payload: Buffer, id: number): Buffer {
  writeU16(payload, 0, id);
  return payload;
}

/** The server's side: what the numbers of one connection stand for. */
export class DefinedNames {
  readonly #names: (Name | undefined)[] = [];

  define(bytes: Slab, from: number, to: number): void {
    if (to - from < 2) throw new ProtocolError('a definition is cut off');
    const id = readU16(bytes, from);
    if (id >= maxNames) throw new ProtocolError(`a definition with number ${id}`);
    let at = from + 2;
    const text = (): string => {
      const start = at + 1;
      at = start + (bytes[at] ?? 0);
      if (start > to || at > to) throw new ProtocolError('a definition is cut off');
      return bytes.utf8Slice(start, at);
    };
    const [service, endpoint, contentType] = [text(), text(), text()];
    // Filled without holes, whatever the order of the numbers.
    while (this.#names.length <= id) this.#names.push(undefined);
    this.#names[id] = { service, endpoint, contentType };
  }

  get(id: number): Name {
    const name = this.#names[id];
    if (name === undefined) throw new ProtocolError(`a call of the undefined number ${id}`);
    return name;
  }
}
