import type { Socket } from 'node:net';

const answers: Readonly<Record<string, readonly [status: number, title: string, detail: string]>> =
  {
    ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request took too long to arrive'],
    HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'the headers are too large'],
  };

/** The last word to a client whose bytes are no request: nothing behind them can be believed. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  const { code = '' } = error;
  const [status, title, detail] = answers[code] ?? [400, 'Bad Request', 'this is no HTTP request'];
  const known = code in answers || code.startsWith('HPE_');
  // Whatever else happens to a socket or to TLS leaves nobody who could be answered.
  if (!known || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** Whether an answer to an earlier request has begun on the socket; Node itself asks it so. */
function isAnswering(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as { _httpMessage?: { readonly headersSent: boolean } };
  return answer?.headersSent === true;
}
