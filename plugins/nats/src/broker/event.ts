import { MicroError } from '@micro-ts/interface';
import type { Delivery, Limits, Message } from '@micro-ts/interface';
import { decodeEnvelope, encodeEnvelope } from '@micro-ts/wire';
import type { Msg } from '@nats-io/transport-node';
import type { NatsLink } from '../link.ts';
import { tooLarge } from '../nats-errors.ts';

/**
 * What the headers that we add may take, in bytes. `max_payload` counts them, so every event leaves
 * room for those of its dead letter.
 */
export const headerRoom = 2_048;

/** Largest body that passes beside 64 KiB of metadata, with the default `max_payload` of 1 MiB. */
export const largestBody = 700_000;

/**
 * go-micro's envelope of an event, in which a body takes a third more.
 * @throws MicroError `resource_exhausted` if the body is larger than the app's limit
 */
export function encodeEvent(message: Message<Uint8Array>, { messageBytes }: Limits): Uint8Array {
  if (message.body.length > messageBytes) {
    const text = `an event is larger than ${messageBytes} bytes`;
    throw new MicroError('resource_exhausted', text, { refused: true });
  }
  return Buffer.from(encodeEnvelope(message));
}

/** @throws MicroError `resource_exhausted` if the server takes nothing that large */
export function checkSize(link: NatsLink, payload: Uint8Array): void {
  if (payload.length + headerRoom <= link.maxPayload) return;
  const text = `an event is ${tooLarge(link.server)}`;
  throw new MicroError('resource_exhausted', text, { refused: true });
}

/** @throws MicroError if it is no envelope, or larger than the app's limit */
export function decodeEvent(message: Msg, attempt: number, { messageBytes }: Limits): Delivery {
  const event = decodeEnvelope(message.string());
  if (event.body.length > messageBytes) {
    throw new MicroError('resource_exhausted', `larger than ${messageBytes} bytes`);
  }
  const { contentType, metadata, body } = event;
  return { topic: message.subject, attempt, contentType, metadata, body };
}
