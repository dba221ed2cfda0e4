// Reads queues as an operator would.
import { connect } from 'amqplib';
import type { Message } from '@micro-ts/interface';
import { decodeEventHeaders } from '@micro-ts/wire';

/** A message as it lies in a queue. */
export interface Lying {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** All that lies in a queue, which stays there; nothing if there is no queue. */
export async function look(url: string, queue: string): Promise<readonly Lying[]> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const found: Lying[] = [];
    for (;;) {
      const message = await channel.get(queue).catch(() => false as const);
      if (message === false) return found;
      found.push({
        headers: message.properties.headers ?? {},
        text: message.content.toString('utf8'),
      });
    }
  } finally {
    await connection.close();
  }
}

/** Dead letters of a topic, for those who subscribe without a queue. */
export async function deadLettersOf(
  url: string,
  topic: string,
): Promise<readonly Message<Uint8Array>[]> {
  const letters = await look(url, 'micro.dead');
  return letters
    .filter(({ headers }) => headers['Micro-Topic'] === topic)
    .map(({ headers, text }) => ({
      ...decodeEventHeaders(headers),
      body: new TextEncoder().encode(text),
    }));
}
