// Bare node:http, called through a bare undici pool.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { Pool } from 'undici';
import { greet, request } from './payload.mjs';

export async function serve({ port }) {
  const server = createServer((incoming, outgoing) => {
    let text = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk) => (text += chunk));
    incoming.on('end', () => {
      const body = JSON.stringify(greet(JSON.parse(text)));
      outgoing.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      outgoing.end(body);
    });
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export async function connect({ port, inFlight }) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: inFlight });
  const headers = { 'content-type': 'application/json' };
  return {
    call: async () => {
      const body = JSON.stringify(request);
      const answer = await pool.request({ path: '/', method: 'POST', headers, body });
      return answer.body.json();
    },
    close: () => pool.destroy(),
  };
}
