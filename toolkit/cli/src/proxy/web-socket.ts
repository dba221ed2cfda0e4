import { MicroError } from 'micro-ts';
import { importPackage } from '../import-package.ts';

/** What is used of a web socket of `ws`. */
export interface WebSocket {
  readonly isPaused: boolean;
  on(event: 'message', listener: (data: Buffer) => void): this;
  once(event: 'open', listener: () => void): this;
  once(event: 'error', listener: (error: Error) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  once(event: 'close', listener: (code: number, reason: Buffer) => void): this;
  once(event: 'unexpected-response', listener: (request: unknown, answer: Refusal) => void): this;
  send(text: string, sent: (error?: Error | null) => void): void;
  pause(): void;
  resume(): void;
  close(code?: number): void;
  terminate(): void;
}

/** The HTTP answer to a handshake that was refused. */
export interface Refusal extends AsyncIterable<Uint8Array> {
  readonly statusCode?: number;
  destroy(): void;
}

type WebSocketClass = new (url: URL, options: object) => WebSocket;

/**
 * Node has web sockets from version 22 on, and none that can be told to wait.
 * @throws MicroError `failed_precondition` with the line that installs what is missing
 */
export async function loadWebSocket(): Promise<WebSocketClass> {
  try {
    const { default: loaded } = await importPackage('ws');
    return loaded as WebSocketClass;
  } catch (cause) {
    const text = '--proxy needs the package ws for this: npm install ws';
    throw new MicroError('failed_precondition', text, { cause });
  }
}
