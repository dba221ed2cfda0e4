// A client of HTTP: what a browser's server or an edge proxy would be.
import { Pool } from 'undici';
import { request } from './payload.mjs';

/** Posts the request to a path; resolves with what is answered as JSON. */
export function requestsTo(port, path, { inFlight, headers = {} }) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: inFlight });
  const sent = { 'content-type': 'application/json', ...headers };
  return {
    call: async () => {
      const body = JSON.stringify(request);
      const answer = await pool.request({ path, method: 'POST', headers: sent, body });
      return answer.body.json();
    },
    close: () => pool.destroy(),
  };
}

/** Waits until a path answers as it should: gateways learn of services after they listen. */
export async function answering(requests, patience = 10_000) {
  const end = performance.now() + patience;
  for (;;) {
    const answer = await requests.call().catch((error) => error);
    if (answer?.msg !== undefined) return requests;
    if (performance.now() > end) throw new Error('the gateway does not answer', { cause: answer });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
