// The floor: JSON in lines over one socket, matched by an id, with the writes of a turn joined.
import { connect as dial, createServer } from 'node:net';
import { once } from 'node:events';
import { greet, request } from './payload.mjs';

export async function serve({ port }) {
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const write = joined(socket);
    onLine(socket, (line) => {
      const { id, body } = JSON.parse(line);
      write(JSON.stringify({ id, body: greet(body) }));
    });
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export async function connect({ port }) {
  const socket = dial({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const waiting = new Map();
  const write = joined(socket);
  let last = 0;
  onLine(socket, (line) => {
    const { id, body } = JSON.parse(line);
    waiting.get(id)(body);
    waiting.delete(id);
  });
  return {
    call: () =>
      new Promise((resolve) => {
        const id = ++last;
        waiting.set(id, resolve);
        write(JSON.stringify({ id, body: request }));
      }),
    close: () => socket.destroy(),
  };
}

/** Collects lines, and writes those of one turn at once. */
function joined(socket) {
  let pending = '';
  const flush = () => {
    socket.write(pending);
    pending = '';
  };
  return (line) => {
    if (pending === '') setImmediate(flush);
    pending += `${line}\n`;
  };
}

function onLine(socket, listener) {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    lines.forEach(listener);
  });
}
