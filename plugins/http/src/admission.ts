import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { MicroError } from '@micro-ts/interface';

/** Names that are remembered as allowed, so that they are looked at once. */
const remembered = 256;

/**
 * Keeps web pages out. A page can send a POST to any address that its reader's machine reaches, and,
 * by changing what its own name stands for, read the answer too. Browsers say where the page comes
 * from in `Origin`, and by which name they know this machine in `Host`.
 */
export class Admission {
  readonly #origins: ReadonlySet<string>;
  readonly #names: Set<string>;
  readonly #known = new Set<string>();

  constructor(allowedOrigins: readonly string[], allowedHosts: readonly string[]) {
    this.#origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
    this.#names = new Set(['localhost', hostname(), ...allowedHosts].map(nameOf));
  }

  /** One more name of this machine: what it listens at, or what its nodes advertise. */
  allow(host: string): void {
    this.#names.add(nameOf(host));
  }

  /** Why a request with these headers is turned away; `undefined` if it may come in. */
  check(host: string | undefined, origin: string | undefined): MicroError | undefined {
    if (origin !== undefined && !this.allowsOrigin(origin)) {
      const text = `requests of web pages of ${shown(origin)} are refused; allow them by allowedOrigins`;
      return new MicroError('permission_denied', text);
    }
    if (host === undefined || this.#known.has(host) || this.#allowsHost(host)) return undefined;
    const text = `this is not ${shown(host)}, as far as is known here; allow the name by allowedHosts`;
    return new MicroError('permission_denied', text);
  }

  allowsOrigin(origin: string): boolean {
    return this.#origins.has('*') || this.#origins.has(origin.toLowerCase());
  }

  #allowsHost(host: string): boolean {
    const name = nameOf(host);
    const allowed =
      isIP(name) !== 0 ||
      name.endsWith('.localhost') ||
      this.#names.has(name) ||
      this.#names.has('*');
    if (allowed && this.#known.size < remembered) this.#known.add(host);
    return allowed;
  }
}

/** The name of `name:port`; IPv6 without brackets. */
function nameOf(host: string): string {
  const name = host.toLowerCase();
  if (name.startsWith('[')) return name.slice(1, name.indexOf(']'));
  const colon = name.indexOf(':');
  return colon === -1 || colon !== name.lastIndexOf(':') ? name : name.slice(0, colon);
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 100));
