import { STATUS_CODES } from 'node:http';
import type { MicroError } from '@micro-ts/interface';
import { encodeError, toHeaderText } from '@micro-ts/wire';

/**
 * Headers that are ours, besides go-micro's. `Micro-Refused`: the request was certainly not processed.
 * `Micro-Draining`: the node takes no new calls soon. `Micro-Metadata`: names of the answer's headers
 * that are metadata; needed because go-micro sends the headers of requests back. `Micro-Empty`: the
 * body `{}` stands for one without bytes, which go-micro takes for an error.
 */
export const own = {
  refused: 'Micro-Refused',
  draining: 'Micro-Draining',
  metadata: 'Micro-Metadata',
  empty: 'Micro-Empty',
} as const;

/** An answer as text, for sockets on which there is no request that could be answered. */
export function rawAnswer(status: number, error: MicroError): string {
  const body = encodeError(error);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Micro-Error: ${toHeaderText(body)}`,
  ];
  if (error.refused) lines.push(`${own.refused}: 1`);
  return `${lines.join('\r\n')}\r\n\r\n${Buffer.from(body, 'utf8').toString('latin1')}`;
}
