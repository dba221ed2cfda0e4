import type { Socket } from 'node:net';
import { MicroError } from '@micro-ts/interface';
import type { Place } from './place.ts';

/** Name of the protocol in `Upgrade`. */
export const protocol = 'micro-frames';

/** Longest answer to the question, in bytes. */
const longest = 16 * 1024;

const noes = new WeakSet<object>();

/** A place that does not speak frames: whatever was sent behind the question was not read. */
function noFrames(address: string, said: string): MicroError {
  const text = `${address} speaks no frames: ${said}`;
  const no = new MicroError('unavailable', text, { refused: true });
  noes.add(no);
  return no;
}

/** Whether an error says that a place was asked for frames and has none. */
export const saysNoFrames = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && noes.has(error);

/**
 * Asks for frames. `OPTIONS *` is answered by any HTTP server itself, and never reaches a handler; what
 * is written behind it before the answer is nothing that HTTP could take for a request.
 * @returns the bytes that came behind the yes; the socket is paused
 * @throws MicroError `unavailable`, refused; {@link saysNoFrames} if the answer was not 101, or none
 */
export function askForFrames(socket: Socket, place: Place, patience: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let read: Buffer = Buffer.alloc(0);
    const end = (): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', onClose).off('close', onClose).off('end', onClose);
    };
    const fail = (error: MicroError): void => {
      end();
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const onClose = (): void => fail(noFrames(place.address, 'it hung up'));
    const onData = (chunk: Buffer): void => {
      read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
      const head = read.indexOf('\r\n\r\n');
      if (head === -1) {
        if (read.length > longest) fail(noFrames(place.address, 'it says something else'));
        return;
      }
      const [status = '', ...headers] = read.toString('latin1', 0, head).split('\r\n');
      if (!isYes(status, headers)) return fail(noFrames(place.address, status.slice(0, 80)));
      socket.pause();
      end();
      resolve(Uint8Array.prototype.slice.call(read, head + 4));
    };
    const late = `no answer from ${place.address} in ${patience} ms`;
    const timer = setTimeout(
      () => fail(new MicroError('unavailable', late, { refused: true })),
      patience,
    );
    socket.on('data', onData).on('error', onClose).on('close', onClose).on('end', onClose);
    socket.write(
      `OPTIONS * HTTP/1.1\r\nHost: ${place.address}\r\n` +
        `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    );
  });
}

const isYes = (status: string, headers: readonly string[]): boolean =>
  /^HTTP\/1\.1 101(?: |$)/.test(status) &&
  headers.some((header) => /^upgrade:\s*micro-frames\s*$/i.test(header));
