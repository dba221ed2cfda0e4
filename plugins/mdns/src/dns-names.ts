import { MicroError } from '@micro-ts/interface';
import { createHash } from 'node:crypto';

/** Longest label and longest name of DNS, in bytes (RFC 1035, 2.3.4). */
const labelBytes = 63;
const nameBytes = 253;

/** The name under which every service lists itself, in the place of a service's name. */
const listing = '_services';

/**
 * Makes and reads the DNS names of one domain, as go-micro forms them: `<service>.<domain>` for a
 * service, `<node id>.<service>.<domain>` for a node; dots in either are plain breaks between labels.
 * DNS does not tell upper from lower case, and so names are compared with {@link sameName}.
 */
export interface DnsNames {
  /** Where services are listed. */
  readonly listing: string;
  /** @throws MicroError `invalid_argument` if DNS has no name for it. */
  service(service: string): string;
  /** The entry of a service in the listing. */
  listed(service: string): string;
  /** The service that an entry of the listing stands for. */
  fromListed(name: string): string | undefined;
  /**
   * The name of a node. DNS has no name for some ids, such as long ones; theirs is derived from the
   * id, which then travels in the record.
   */
  instance(id: string, service: string): { readonly name: string; readonly derived: boolean };
  /** The id in the name of a node of this service; `undefined` if it is not one. */
  idOf(name: string, service: string): string | undefined;
}

/** Names in a domain such as `micro`. */
export function dnsNames(domain: string): DnsNames {
  const inDomain = (service: string): string => `${escapeDots(service)}.${domain}`;
  const inListing = `.${listing}.${domain}`;
  const under = (name: string, parent: string): string | undefined =>
    name.toLowerCase().endsWith(parent.toLowerCase()) ? name.slice(0, -parent.length) : undefined;
  return {
    listing: `${listing}.${domain}`,
    service(service) {
      const name = inDomain(service);
      if (service !== listing && fits(name) && fits(escapeDots(service) + inListing)) return name;
      const why = `mdns has no name for the service ${JSON.stringify(service.slice(0, 80))}`;
      throw new MicroError('invalid_argument', `${why}: ${labelBytes} bytes between two dots`);
    },
    listed: (service) => escapeDots(service) + inListing,
    fromListed(name) {
      const service = under(name, inListing);
      return service === undefined ? undefined : unescapeDots(service);
    },
    instance(id, service) {
      const own = `${id}.${inDomain(service)}`;
      if (fits(own)) return { name: own, derived: false };
      const hash = createHash('sha256').update(id).digest('hex').slice(0, 40);
      return { name: `${hash}.${inDomain(service)}`, derived: true };
    },
    idOf: (name, service) => under(name, `.${inDomain(service)}`),
  };
}

/** True if both mean the same. */
export function sameName(one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase();
}

/** True if DNS can carry the name. */
export function fits(name: string): boolean {
  const labels = name.split('.');
  const bytes = labels.map((label) => Buffer.byteLength(label));
  return Buffer.byteLength(name) <= nameBytes && bytes.every((n) => n > 0 && n <= labelBytes);
}

/** There are no empty labels in DNS: dots that would make one are written otherwise. */
function escapeDots(name: string): string {
  return name.replaceAll('%', '%25').replace(/^\.|\.$|(?<=\.)\./g, '%2E');
}

function unescapeDots(name: string): string {
  return name.replaceAll('%2E', '.').replaceAll('%25', '%');
}
