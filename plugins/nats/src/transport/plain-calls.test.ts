// go-micro's transport as bytes: a client and a server of NATS that know nothing of Micro.
import { connect } from '@nats-io/transport-node';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { Lifetime, metadata, MicroError } from '@micro-ts/interface';
import type { CallMessage, Exchange } from '@micro-ts/interface';
import { afterwards, callOf, closeAll, connectTo, openTransport, text } from '@micro-ts/testing';
import { needsServer, serverUrl } from '@micro-ts/testing/servers';
import nats from '../index.ts';

afterEach(closeAll);

interface Envelope {
  readonly Header: Record<string, string>;
  readonly Body: string;
}

const plain = metadata({ transport: 'nats', protocol: 'mucp', server: 'mucp' });
const envelope = (Header: Record<string, string>, body: string): Buffer =>
  Buffer.from(JSON.stringify({ Header, Body: Buffer.from(body).toString('base64') }));
/** Else the driver gives up after a second. */
const patient = { timeout: 15_000 };
const read = (message: Msg): Envelope => message.json<Envelope>();
const bodyOf = ({ Body }: Envelope): string => Buffer.from(Body, 'base64').toString();

async function goPeer(): Promise<{ peer: NatsConnection; url: string }> {
  const url = await serverUrl('nats');
  const peer = await connect({ servers: url.replace('nats://', '') });
  afterwards(() => peer.close());
  return { peer, url };
}

/** A server of go-micro at an address. */
function serve(peer: NatsConnection, address: string, answer: (asked: Envelope) => Buffer): Msg[] {
  const asked: Msg[] = [];
  peer.subscribe(address, {
    callback: (_error, message) => {
      asked.push(message);
      message.respond(answer(read(message)));
    },
  });
  return asked;
}

needsServer(describe, 'nats')('calls without frames, over NATS', () => {
  it('go out as go-micro sends them, and one place for answers serves one after the other', async () => {
    const { peer, url } = await goPeer();
    const address = '_INBOX.0123456789012345678901';
    const asked = serve(peer, address, ({ Header }) =>
      envelope(
        { 'Content-Type': 'application/json', 'Micro-ID': Header['Micro-ID'] ?? '' },
        '{"a":1}\n',
      ),
    );
    await peer.flush();
    const connection = await connectTo(openTransport(nats({ servers: url })), {
      address,
      metadata: plain,
    });
    for (let n = 0; n < 3; n++) {
      const lifetime = new Lifetime(performance.now() + 30_000);
      const own = metadata({ 'x-tenant': 'Zoë' });
      const message = callOf(Buffer.from('{"name":"Ann"}'), { lifetime, metadata: own });
      const answer = await connection.exchange(message);
      expect(text(answer.body)).toBe('{"a":1}\n');
      expect({ ...answer.metadata }).toEqual({});
    }
    expect(new Set(asked.map(({ reply }) => reply)).size).toBe(1);
    const { Header, Body } = read(asked[0]!);
    const timeout = Number(Header['Timeout']);
    expect(timeout).toBeGreaterThan(10e9);
    expect(timeout).toBeLessThanOrEqual(30e9);
    expect({ Header, Body }).toEqual({
      Header: {
        'Content-Type': 'application/json',
        'Micro-Endpoint': 'Kit.Echo',
        'Micro-Method': 'Kit.Echo',
        'Micro-Service': 'kit',
        'Micro-ID': expect.stringMatching(/^\d+$/),
        'Micro-Id': Header['Micro-ID'],
        Timeout: Header['Timeout'],
        'X-Tenant': 'Zoë',
      },
      Body: Buffer.from('{"name":"Ann"}').toString('base64'),
    });
    expect(asked[0]?.reply).toMatch(/^_INBOX\.\w{22}\.[\w-]{22}$/);
  });

  it("at the same time have places of their own, and a late answer is nobody's", async () => {
    const { peer, url } = await goPeer();
    const address = `_INBOX.${'b'.repeat(22)}`;
    const held: Msg[] = [];
    peer.subscribe(address, { callback: (_error, message) => void held.push(message) });
    await peer.flush();
    const connection = await connectTo(openTransport(nats({ servers: url })), {
      address,
      metadata: plain,
    });
    const calls = ['1', '2', '3'].map((body) => connection.exchange(callOf(Buffer.from(body))));
    const lifetime = new Lifetime();
    const late = connection.exchange(callOf(Buffer.from('4'), { lifetime }));
    while (held.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    lifetime.end(new MicroError('deadline_exceeded', 'too late'));
    await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(new Set(held.map(({ reply }) => reply)).size).toBe(4);
    for (const message of held.splice(0)) {
      message.respond(
        envelope({ 'Content-Type': 'application/json' }, `"${bodyOf(read(message))}"`),
      );
    }
    const answers = await Promise.all(calls);
    expect(answers.map(({ body }) => text(body))).toEqual(['"1"', '"2"', '"3"']);
    const next = connection.exchange(callOf(Buffer.from('5')));
    while (held.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    held[0]!.respond(envelope({ 'Content-Type': 'application/json' }, '"5"'));
    expect(text((await next).body)).toBe('"5"');
  });

  it('fail as the peer says, and are refused where nobody is', async () => {
    const { peer, url } = await goPeer();
    const address = `_INBOX.${'c'.repeat(22)}`;
    const error = '{"id":"greeter","code":404,"detail":"no such Bob","status":"Not Found"}';
    serve(peer, address, ({ Header }) => envelope({ ...Header, 'Micro-Error': error }, ''));
    await peer.flush();
    const transport = openTransport(nats({ servers: url }));
    const connection = await connectTo(transport, { address, metadata: plain });
    await expect(connection.exchange(callOf(Buffer.from('{}')))).rejects.toMatchObject({
      code: 'not_found',
      message: 'no such Bob',
      origin: 'greeter',
    });
    const stream = (async function* () {
      yield Buffer.from('1');
    })();
    await expect(connection.exchange(callOf(stream))).rejects.toMatchObject({
      code: 'unimplemented',
      refused: true,
    });
    const nowhere = await connectTo(transport, { address: `${address}x`, metadata: plain });
    await expect(nowhere.exchange(callOf(Buffer.from('{}')))).rejects.toMatchObject({
      code: 'unavailable',
      refused: true,
    });
    await expect(connection.exchange(callOf(Buffer.alloc(900_000)))).rejects.toMatchObject({
      code: 'resource_exhausted',
      refused: true,
    });
  });

  it('are answered as go-micro answers: errors with the headers of the request, and no body', async () => {
    const { peer, url } = await goPeer();
    const seen: CallMessage[] = [];
    const exchange: Exchange = async (message) => {
      seen.push(message);
      if (message.endpoint === 'Greeter.Fail') {
        throw new MicroError('not_found', 'no such Bob', { origin: 'greeter' });
      }
      const body = message.endpoint === 'Greeter.Empty' ? Buffer.alloc(0) : message.body;
      return { contentType: message.contentType, metadata: metadata(), body };
    };
    const listener = await openTransport(nats({ servers: url })).listen('127.0.0.1:0', exchange);
    afterwards(() => listener.close());
    expect(listener.address).toMatch(/^_INBOX\.\w{22}$/);
    expect({ ...listener.metadata }).toEqual({ ...plain, frames: '1' });
    expect(listener.needsGrace?.()).toBe(false);
    const ask = async (endpoint: string, more: Record<string, string> = {}): Promise<Envelope> => {
      const headers = {
        ...{ Accept: 'application/json', 'Content-Type': 'application/json', 'Micro-ID': '3' },
        ...{ 'Micro-Service': 'greeter', 'Micro-Endpoint': endpoint, 'Micro-Method': endpoint },
        ...{ Timeout: '5000000000', 'X-Trace': 'tränen' },
        ...more,
      };
      return read(
        await peer.request(listener.address, envelope(headers, '{"name":"Bob"}'), patient),
      );
    };
    const answer = await ask('Greeter.Hello');
    expect(answer).toEqual({
      Header: { 'Content-Type': 'application/json', 'Micro-ID': '3', 'Micro-Id': '3' },
      Body: Buffer.from('{"name":"Bob"}').toString('base64'),
    });
    const [message] = seen;
    expect(message).toMatchObject({ service: 'greeter', endpoint: 'Greeter.Hello', attempt: 1 });
    expect({ ...message?.metadata }).toEqual({ 'x-trace': 'tränen' });
    expect(message?.lifetime.left).toBeLessThanOrEqual(5_000);
    expect(listener.needsGrace?.()).toBe(true);

    const failed = await ask('Greeter.Fail');
    expect(failed.Body).toBe('');
    expect(failed.Header).toMatchObject({ 'X-Trace': 'tränen', Timeout: '5000000000' });
    expect(JSON.parse(failed.Header['Micro-Error'] ?? '')).toMatchObject({
      ...{ id: 'greeter', code: 404, detail: 'no such Bob', status: 'Not Found' },
    });
    expect(bodyOf(await ask('Greeter.Empty'))).toBe('{}');
    const late = await ask('Greeter.Hello', { Timeout: '-1' });
    expect(JSON.parse(late.Header['Micro-Error'] ?? '')).toMatchObject({ code: 408 });
    expect(seen).toHaveLength(3);
    peer.publish(listener.address, 'no envelope');
    peer.publish(listener.address, Buffer.from([1, 2, 3]), { reply: '$SYS.REQ.SERVER.PING' });
    expect(bodyOf(await ask('Greeter.Hello'))).toBe('{"name":"Bob"}');
  });

  it('that are on their way when the node drains are answered', async () => {
    const { peer, url } = await goPeer();
    const listener = await openTransport(nats({ servers: url })).listen(
      '127.0.0.1:0',
      async (message) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { contentType: message.contentType, metadata: metadata(), body: message.body };
      },
    );
    afterwards(() => listener.close());
    const headers = { 'Content-Type': 'application/json', 'Micro-Endpoint': 'Greeter.Hello' };
    const answers = Array.from({ length: 50 }, () =>
      peer.request(listener.address, envelope(headers, '{}'), patient),
    );
    await peer.flush();
    await listener.drain();
    await listener.close();
    for (const answer of await Promise.all(answers)) expect(bodyOf(read(answer))).toBe('{}');
    const gone = peer.request(listener.address, envelope(headers, '{}'));
    await expect(gone).rejects.toMatchObject({ message: expect.stringContaining('no responders') });
  });

  it('do not stop large messages in tunnels: four times what the server takes', async () => {
    const url = await serverUrl('nats');
    const listener = await openTransport(nats({ servers: url })).listen('', async (message) => ({
      ...{ contentType: message.contentType, metadata: metadata(), body: message.body },
    }));
    afterwards(() => listener.close());
    const { address, metadata: own } = listener;
    const connection = await connectTo(openTransport(nats({ servers: url })), {
      address,
      metadata: { ...own },
    });
    const body = Buffer.alloc(4 * 1024 * 1024, 'micro');
    const start = performance.now();
    const answer = await connection.exchange(callOf(body));
    console.log(`4 MiB there and back: ${(performance.now() - start).toFixed(0)} ms`);
    expect(body.equals(answer.body as Buffer)).toBe(true);
  });
});
