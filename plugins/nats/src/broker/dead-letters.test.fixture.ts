import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Delivery } from '@micro-ts/interface';
import { decodeEnvelope } from '@micro-ts/wire';

/** A dead letter as it lies on the server. */
export interface DeadLetter {
  /** Empty where it could not be read. */
  readonly event: Delivery;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** All dead letters of a topic. */
export async function readDeadLetters(servers: string, topic: string): Promise<DeadLetter[]> {
  const nats = await connect({ servers, reconnect: false });
  try {
    const { streams } = await jetstreamManager(nats, { checkAPI: false });
    const { state } = await streams.info('MICRO-dead');
    const letters: DeadLetter[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const found = await streams.getMessage('MICRO-dead', { seq }).catch(() => null);
      if (found === null || found.subject !== `MICRO.dead.${topic}`) continue;
      const headers = Object.fromEntries(
        [...(found.header ?? [])].map(([key, [value = '']]) => [key, value]),
      );
      const text = found.string();
      letters.push({ text, headers, event: read(text, topic) });
    }
    return letters;
  } finally {
    await nats.close();
  }
}

function read(text: string, topic: string): Delivery {
  const empty = { contentType: '', metadata: {}, body: new Uint8Array() };
  const place = { topic, attempt: 0 };
  try {
    return { ...decodeEnvelope(text), ...place };
  } catch {
    return { ...empty, ...place };
  }
}
