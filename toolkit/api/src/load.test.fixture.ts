// Clients that keep their connections, and count what is not answered as it should be.
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What a load has seen. */
export interface Load {
  readonly answered: number;
  /** One line for each request that was not answered with 200. */
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

/** Asks for a path, one request after the other on each of some connections, until it is stopped. */
export function putLoad(port: number, path: string, connections: number): Load {
  const load = { answered: 0, failures: [] as string[], stopping: false };
  const clients = Array.from({ length: connections }, (_, at) => run(port, `${path}${at}-`, load));
  return {
    get answered() {
      return load.answered;
    },
    failures: load.failures,
    stop: async () => {
      load.stopping = true;
      await Promise.all(clients);
    },
  };
}

async function run(
  port: number,
  path: string,
  load: { answered: number; failures: string[]; stopping: boolean },
): Promise<void> {
  let socket: Socket | undefined;
  for (let at = 0; !load.stopping; at++) {
    try {
      // As clients do: a connection that was closed meanwhile is not used.
      if (socket === undefined || socket.destroyed || socket.readableEnded)
        socket = await open(port);
      const text = await exchange(socket, `${path}${at}`);
      if (!text.startsWith('HTTP/1.1 200')) load.failures.push(text.slice(0, 300));
      else load.answered++;
      if (/^connection: close\r$/im.test(text)) {
        socket.destroy();
        socket = undefined;
      }
    } catch (error) {
      load.failures.push(String(error));
      socket?.destroy();
      socket = undefined;
    }
  }
  socket?.destroy();
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

function exchange(socket: Socket, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settle = (error?: Error): void => {
      socket.off('data', onData).off('close', onClose).off('error', settle);
      if (error === undefined) resolve(text);
      else reject(error);
    };
    const onClose = (): void => settle(new Error(`closed after ${JSON.stringify(text)}`));
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = /^content-length: (\d+)\r$/im.exec(text)?.[1];
      if (head !== -1 && text.length >= head + 4 + Number(length)) settle();
    };
    socket.on('data', onData).on('close', onClose).on('error', settle);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  });
}
