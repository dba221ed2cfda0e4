import { EventEmitter } from 'node:events';
import type { ConfirmChannel, Options } from 'amqplib';
import type { RabbitConnection } from '../connection.ts';
import { Outlet } from './outlet.ts';

interface Publication {
  readonly key: string;
  readonly options: Options.Publish;
  readonly confirm: (error: null) => void;
}

/** A server that returns and confirms when it is told to: RabbitMQ may confirm many with one word. */
class ScriptedChannel extends EventEmitter {
  readonly publications: Publication[] = [];

  publish(
    _exchange: string,
    key: string,
    _content: Buffer,
    options: Options.Publish,
    confirm: (error: null) => void,
  ): void {
    this.publications.push({ key, options, confirm });
  }
}

const connection = { server: 'a:1', blocked: undefined, onBlocked: () => () => undefined };

function open(): { outlet: Outlet; channel: ScriptedChannel } {
  const channel = new ScriptedChannel();
  const outlet = new Outlet(
    connection as unknown as RabbitConnection,
    channel as unknown as ConfirmChannel,
  );
  return { outlet, channel };
}

const parcel = { content: Buffer.from('x'), properties: { messageId: 'of its publisher' } };
const aside = { exchange: '', routingKey: 'mail.dead', mustArrive: true };

describe('what comes back', () => {
  it('is told from what arrived in the same queue, though the server confirms them together', async () => {
    const { outlet, channel } = open();
    const sent = Promise.allSettled(Array.from({ length: 4 }, () => outlet.send(aside, parcel)));
    const { publications } = channel;
    for (const at of [1, 3]) {
      const { key, options } = publications[at]!;
      channel.emit('return', { fields: { routingKey: key }, properties: options });
    }
    for (const { confirm } of publications) confirm(null);
    expect((await sent).map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled', 'rejected'],
    ]);
  });

  it('is looked for only where it must arrive, and all else is sent as it is', async () => {
    const { outlet, channel } = open();
    const sent = outlet.send({ ...aside, exchange: 'micro', mustArrive: false }, parcel);
    expect(channel.publications[0]?.options).toEqual(parcel.properties);
    channel.publications[0]?.confirm(null);
    await sent;
  });
});
