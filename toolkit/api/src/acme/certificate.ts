import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';

/** A certificate with its key, in use. */
export interface Certificate {
  readonly context: SecureContext;
  /** When it begins and ends to be valid, in ms since 1970. */
  readonly from: number;
  readonly until: number;
  /** Of the certificate, in hexadecimal digits. */
  readonly serial: string;
}

/**
 * Reads a key and a chain of certificates, one after the other in one text.
 * @throws Error if they do not belong together, or are not for that host
 */
export function readCertificate(pem: string, host: string): Certificate {
  const start = pem.indexOf('-----BEGIN CERTIFICATE-----');
  if (start === -1) throw new Error('holds no certificate');
  const [key, cert] = [pem.slice(0, start), pem.slice(start)];
  const leaf = new X509Certificate(cert);
  if (leaf.checkHost(host) === undefined) throw new Error('is not for this host');
  return {
    context: createSecureContext({ key, cert, minVersion: 'TLSv1.2' }),
    from: Date.parse(leaf.validFrom),
    until: Date.parse(leaf.validTo),
    serial: leaf.serialNumber,
  };
}

/** When to renew it: after two thirds of its life, give or take a fiftieth. In ms since 1970. */
export function renewAt({ from, until }: Certificate, random = Math.random()): number {
  const life = until - from;
  return from + (life * 2) / 3 + (life / 50) * (2 * random - 1);
}
