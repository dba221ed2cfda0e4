import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { closable } from '@micro-ts/interface';
import { text, until } from '@micro-ts/testing';
import { call, echo, failure, Lines, pair, transportOn } from './pair.test.fixture.ts';
import { MemoryServer } from './memory-bus.test.fixture.ts';
import type { PlainMessage, Receiver } from './bus.ts';
import { begin, encodeHello, kind } from './tunnel-message.ts';
import { newId } from './tunnels.ts';

const request = (headers: Record<string, string> = {}, body = '{}'): PlainMessage => ({
  headers: {
    'Content-Type': 'application/json',
    'Micro-Service': 'greeter',
    'Micro-Endpoint': 'Greeter.Hello',
    'Micro-ID': '7',
    ...headers,
  },
  body: Buffer.from(body),
});

/** Somebody at a place of a bus, who hears and says nothing by himself. */
function settle(server: MemoryServer, name: string, hears: Partial<Receiver> = {}): void {
  const deaf = { tunnel: () => undefined, plain: () => undefined, nobody: () => undefined };
  const life = closable(() => undefined);
  server.places.set(name, { receiver: { ...deaf, ...hears }, life, frozen: undefined });
}

describe('what strangers send', () => {
  it('harms no tunnel but their own, and crashes nothing', async () => {
    const { connection, server, listener } = await pair(echo);
    const known = server.sent.find(({ bytes }) => bytes?.[0] === kind.open)?.from ?? '';
    server.places.set('stranger', {
      receiver: { tunnel: () => undefined, plain: () => undefined, nobody: () => undefined },
      life: { lose: () => undefined, closed: Promise.resolve(), close: async () => undefined },
      frozen: undefined,
    });
    for (let n = 0; n < 3_000; n++) {
      const bytes = randomBytes(n % 40);
      if (bytes.length > 0) bytes[0] = n % 11;
      const to = n % 3 === 0 ? known : listener.address;
      server.send({ to, id: n % 5 === 0 ? '' : newId(), bytes, from: 'stranger' });
      if (n % 100 === 0) await pause(0);
    }
    expect(text((await connection.exchange(call('"still here"'))).body)).toBe('"still here"');
    await connection.close();
    await listener.close();
  });

  it('ends a tunnel that is opened and then abused, with a reason', async () => {
    const { server, listener, connection } = await pair(echo);
    const heard: Buffer[] = [];
    settle(server, 'stranger', { tunnel: (_id, bytes) => void heard.push(bytes) });
    const abuse: Buffer[][] = [
      [begin(kind.data, 2, 1)],
      [begin(kind.data, 1, 2_000_000)],
      [begin(kind.ack, 1, 0)],
      [Buffer.concat([begin(kind.ack, 1), Buffer.from([0xff, 0xff, 0xff, 0xff])])],
      [begin(kind.end, 1), begin(kind.end, 2)],
      [begin(kind.end, 1), begin(kind.data, 2, 10)],
      [begin(99, 1)],
      [Buffer.from([kind.data, 0, 0])],
      [encodeHello(kind.open)],
      [Buffer.concat([begin(kind.data, 1), randomBytes(500)])],
    ];
    for (const messages of abuse) {
      heard.length = 0;
      const id = newId();
      server.send({ to: listener.address, id, bytes: encodeHello(kind.open), from: 'stranger' });
      for (const bytes of messages)
        server.send({ to: listener.address, id, bytes, from: 'stranger' });
      await until(() => heard.some(([first]) => first === kind.gone || first === kind.end));
    }
    expect(text((await connection.exchange(call())).body)).toBe('{}');
    await connection.close();
    await listener.close();
  });

  it('is turned away above the bound, and lets others in when it is gone', async () => {
    const { server, listener, connection } = await pair(echo, { limits: { handshake: 500 } });
    const heard: number[] = [];
    settle(server, 'flood', { tunnel: (_id, [first = 0]) => void heard.push(first) });
    for (let n = 0; n < 9_000; n++) {
      server.send({
        to: listener.address,
        id: newId(),
        bytes: encodeHello(kind.open),
        from: 'flood',
      });
    }
    await until(() => heard.filter((first) => first === kind.gone).length >= 800);
    const refused = heard.filter((first) => first === kind.gone).length;
    expect(refused).toBeGreaterThan(800);
    expect(refused).toBeLessThan(1_000);
    await pause(1_500); // nobody said what it wants in time
    const late = transportOn(server);
    const { address, metadata } = listener;
    const fresh = await late.connect({ id: 'node', address, metadata });
    expect(text((await fresh.exchange(call())).body)).toBe('{}');
    await fresh.close();
    await connection.close();
    await listener.close();
  }, 20_000);

  it('is told once that there is no such tunnel', async () => {
    const { server, listener, connection } = await pair(echo);
    const id = newId();
    for (let n = 0; n < 10; n++) {
      server.send({ to: listener.address, id, bytes: begin(kind.data, n), from: 'somebody' });
    }
    await pause(50);
    const told = server.sent.filter(
      ({ to, bytes }) => to === 'somebody' && bytes?.[0] === kind.gone,
    );
    expect(told).toHaveLength(1);
    await connection.close();
    await listener.close();
  });

  it('is a second node with the same address, which gets no call', async () => {
    const { server, listener, connection } = await pair(echo);
    settle(server, 'twin');
    const opened = server.sent.find(({ bytes }) => bytes?.[0] === kind.open);
    server.send({
      to: opened?.from ?? '',
      id: opened?.id ?? '',
      bytes: encodeHello(kind.accept),
      from: 'twin',
    });
    await pause(20);
    expect(server.sent.filter(({ to }) => to === 'twin').map(({ bytes }) => bytes?.[0])).toEqual([
      kind.gone,
    ]);
    expect(text((await connection.exchange(call())).body)).toBe('{}');
    await connection.close();
    await listener.close();
  });

  it('is logged once if it cannot be read, and garbage in headers is answered', async () => {
    const logger = new Lines();
    const server = new MemoryServer();
    const listener = await transportOn(server, { logger }).listen('', echo);
    const answers: PlainMessage[] = [];
    settle(server, 'go', { plain: (_id, read) => void answers.push(read()) });
    for (let n = 0; n < 5; n++) server.send({ to: listener.address, id: '', from: 'go' });
    const odd = [{ Timeout: 'soon' }, { Timeout: '-5' }, { 'Micro-Stream': '1' }, {}];
    for (const headers of odd) {
      server.send({ to: listener.address, id: '', from: 'go', message: request(headers) });
    }
    await until(() => answers.length === odd.length);
    expect(logger.lines).toEqual(['a message cannot be read']);
    expect(answers.map(({ headers }) => JSON.parse(headers['Micro-Error'] ?? '{}').code)).toEqual([
      400,
      408,
      501,
      undefined,
    ]);
    await listener.close();
    expect(await failure(transportOn(server).connect({ id: 'x', ...listener }))).toMatchObject({
      code: 'unavailable',
      refused: true,
    });
  });
});
