import { WebSocket } from 'ws';
import { afterwards } from './world.test.fixture.ts';

/** A web socket and the frames that it was sent. */
export async function openSocket(url: string, headers: Readonly<Record<string, string>> = {}) {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers });
  const frames: string[] = [];
  socket.on('message', (data) => frames.push(String(data)));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  afterwards(() => socket.terminate());
  return { socket, frames, closed };
}
