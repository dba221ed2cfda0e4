// go-micro's transport as AMQP has it: a client and a server that know nothing of Micro.
import { connect } from 'amqplib';
import type { Channel, ConsumeMessage } from 'amqplib';
import { Lifetime, metadata, MicroError } from '@micro-ts/interface';
import type { CallMessage, Exchange } from '@micro-ts/interface';
import { afterwards, callOf, closeAll, connectTo, openTransport, text } from '@micro-ts/testing';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import rabbitmq from '../index.ts';

afterEach(closeAll);

const plain = metadata({ transport: 'rabbitmq', protocol: 'mucp', server: 'mucp' });
const direct = 'amq.rabbitmq.reply-to';

async function goPeer(): Promise<{ peer: Channel; url: string }> {
  const url = await serverUrl('rabbitmq');
  const model = await connect(url);
  afterwards(() => model.close());
  const peer = await model.createChannel();
  await peer.assertExchange('micro', 'topic', { durable: false, autoDelete: false });
  return { peer, url };
}

/** A server of go-micro, with a queue that has the name of its address. */
async function serve(
  peer: Channel,
  address: string,
  answer: (asked: ConsumeMessage) => { headers: Record<string, unknown>; body: string },
): Promise<ConsumeMessage[]> {
  const asked: ConsumeMessage[] = [];
  await peer.assertQueue(address, { exclusive: true, autoDelete: true, durable: false });
  await peer.bindQueue(address, 'micro', address);
  const hear = (message: ConsumeMessage | null): void => {
    if (message === null) return;
    asked.push(message);
    const { headers, body } = answer(message);
    const { replyTo, correlationId } = message.properties;
    peer.publish('', String(replyTo), Buffer.from(body), { headers, correlationId });
  };
  await peer.consume(address, hear, { noAck: true });
  return asked;
}

/** A client of go-micro. */
async function asker(peer: Channel) {
  const waiting = new Map<string, (message: ConsumeMessage) => void>();
  const hear = (message: ConsumeMessage | null): void => {
    if (message !== null) waiting.get(String(message.properties.correlationId))?.(message);
  };
  await peer.consume(direct, hear, { noAck: true });
  let count = 0;
  return (address: string, headers: Record<string, string>, body: string) =>
    new Promise<ConsumeMessage>((resolve) => {
      const correlationId = `socket-${++count}`;
      waiting.set(correlationId, resolve);
      const options = { headers, correlationId, replyTo: direct };
      peer.publish('micro', address, Buffer.from(body), options);
    });
}

needsServer(describe, 'rabbitmq')('calls without frames, over RabbitMQ', () => {
  it('go out as go-micro sends them, and fail as the peer says', async () => {
    const { peer, url } = await goPeer();
    const address = 'fb0e5d0c-7c83-4a80-9e23-a6a4b3b1c001';
    const error = '{"id":"greeter","code":404,"detail":"no such Bob","status":"Not Found"}';
    const asked = await serve(peer, address, ({ properties, content }) => {
      const { headers = {} } = properties;
      if (headers['Micro-Endpoint'] === 'Kit.Fail') {
        return { headers: { ...headers, 'Micro-Error': error }, body: '' };
      }
      return { headers: { 'Content-Type': 'application/json' }, body: content.toString() };
    });
    const connection = await connectTo(openTransport(rabbitmq({ address: url })), {
      address,
      metadata: plain,
    });
    for (let n = 0; n < 2; n++) {
      const lifetime = new Lifetime(performance.now() + 9_000);
      const own = metadata({ 'x-tenant': 'Zoë' });
      const message = callOf(Buffer.from('{"name":"Ann"}'), { lifetime, metadata: own });
      expect(text((await connection.exchange(message)).body)).toBe('{"name":"Ann"}');
    }
    const [first, second] = asked;
    const { headers = {}, replyTo, correlationId } = first!.properties;
    expect(first!.fields).toMatchObject({ exchange: 'micro', routingKey: address });
    expect(headers).toEqual({
      'Content-Type': 'application/json',
      'Micro-Endpoint': 'Kit.Echo',
      'Micro-Method': 'Kit.Echo',
      'Micro-Service': 'kit',
      'Micro-ID': expect.stringMatching(/^\d+$/),
      'Micro-Id': headers['Micro-ID'],
      Timeout: expect.stringMatching(/^\d{10}$/),
      'X-Tenant': 'Zoë',
    });
    expect(replyTo).not.toBe('');
    expect(second!.properties.correlationId).toBe(correlationId);
    const failing = callOf(Buffer.from('{}'), { endpoint: 'Kit.Fail' });
    await expect(connection.exchange(failing)).rejects.toMatchObject({
      ...{ code: 'not_found', message: 'no such Bob', origin: 'greeter' },
    });
    const nowhere = await connectTo(openTransport(rabbitmq({ address: url })), {
      address: 'nowhere',
      metadata: plain,
    });
    await expect(nowhere.exchange(callOf(Buffer.from('{}')))).rejects.toMatchObject({
      ...{ code: 'unavailable', refused: true },
    });
  });

  it('are answered as go-micro answers', async () => {
    const { peer, url } = await goPeer();
    const ask = await asker(peer);
    const seen: CallMessage[] = [];
    const exchange: Exchange = async (message) => {
      seen.push(message);
      if (message.endpoint === 'Greeter.Fail') throw new MicroError('not_found', 'no such Bob');
      return { contentType: message.contentType, metadata: metadata(), body: message.body };
    };
    const listener = await openTransport(rabbitmq({ address: url })).listen(
      '127.0.0.1:0',
      exchange,
    );
    afterwards(() => listener.close());
    expect(listener.address).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/);
    expect({ ...listener.metadata }).toEqual({ ...plain, frames: '1' });
    expect(listener.needsGrace?.()).toBe(false);
    const headers = (endpoint: string) => ({
      ...{ 'Content-Type': 'application/json', 'Micro-ID': '3', 'Micro-Service': 'greeter' },
      ...{ 'Micro-Endpoint': endpoint, Timeout: '5000000000', 'X-Trace': 'tränen' },
    });
    const answer = await ask(listener.address, headers('Greeter.Hello'), '{"name":"Bob"}');
    expect(answer.content.toString()).toBe('{"name":"Bob"}');
    expect(answer.properties.headers).toEqual({
      ...{ 'Content-Type': 'application/json', 'Micro-ID': '3', 'Micro-Id': '3' },
    });
    expect({ ...seen[0]?.metadata }).toEqual({ 'x-trace': 'tränen' });
    expect(listener.needsGrace?.()).toBe(true);
    const failed = await ask(listener.address, headers('Greeter.Fail'), '{}');
    expect(failed.content).toHaveLength(0);
    expect(failed.properties.headers).toMatchObject({ 'X-Trace': 'tränen' });
    const said = String(failed.properties.headers?.['Micro-Error']);
    expect(JSON.parse(said)).toMatchObject({ id: 'greeter', code: 404, detail: 'no such Bob' });
  });

  it('that are on their way when the node drains are answered; later ones find nobody', async () => {
    const { peer, url } = await goPeer();
    const ask = await asker(peer);
    const listener = await openTransport(rabbitmq({ address: url })).listen(
      '127.0.0.1:0',
      async (message) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { contentType: message.contentType, metadata: metadata(), body: message.body };
      },
    );
    afterwards(() => listener.close());
    const headers = { 'Content-Type': 'application/json', 'Micro-Endpoint': 'Greeter.Hello' };
    const answers = Array.from({ length: 50 }, () => ask(listener.address, headers, '{}'));
    await peer.checkExchange('micro'); // what was sent before has arrived
    await listener.drain();
    const connection = await connectTo(openTransport(rabbitmq({ address: url })), {
      address: listener.address,
      metadata: plain,
    });
    await expect(connection.exchange(callOf(Buffer.from('{}')))).rejects.toMatchObject({
      ...{ code: 'unavailable', refused: true },
    });
    await listener.close();
    for (const answer of await Promise.all(answers)) expect(answer.content.toString()).toBe('{}');
  });

  it('do not stop large messages in tunnels', async () => {
    const url = await serverUrl('rabbitmq');
    const listener = await openTransport(rabbitmq({ address: url })).listen(
      '',
      async (message) => ({
        ...{ contentType: message.contentType, metadata: metadata(), body: message.body },
      }),
    );
    afterwards(() => listener.close());
    const { address, metadata: own } = listener;
    const connection = await connectTo(openTransport(rabbitmq({ address: url })), {
      address,
      metadata: { ...own },
    });
    const body = Buffer.alloc(4 * 1024 * 1024, 'micro');
    const start = performance.now();
    const answer = await connection.exchange(callOf(body));
    console.log(`4 MiB there and back: ${(performance.now() - start).toFixed(0)} ms`);
    expect(body.equals(answer.body as Buffer)).toBe(true);
  });

  it('a direct reply-to says that it is nowhere if it must be somewhere', async () => {
    const { peer } = await goPeer();
    const returned: string[] = [];
    const heard: string[] = [];
    peer.on('return', ({ content }: { content: Buffer }) => returned.push(content.toString()));
    await peer.consume(direct, (message) => void heard.push(String(message?.content)), {
      noAck: true,
    });
    const address = 'mandatory-answers';
    await peer.assertQueue(address, { exclusive: true, autoDelete: true, durable: false });
    await peer.consume(
      address,
      (message) =>
        void peer.publish('', String(message?.properties.replyTo), Buffer.from('answer'), {
          mandatory: true,
        }),
      { noAck: true },
    );
    peer.sendToQueue(address, Buffer.from('question'), { replyTo: direct });
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await peer.checkQueue(address);
    expect([heard, returned]).toEqual([['answer'], ['answer']]);
  });
});
