import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Lifetime, metadata, MicroError, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Exchange, Message } from '@micro-ts/interface';
import { until } from '@micro-ts/testing';
import { afterwards, call, closeAll, connectTo, gate, greet, json } from './app.test.fixture.ts';
import { listen, plain } from './app.test.fixture.ts';

afterEach(closeAll);

const failure = (work: Promise<unknown>): Promise<MicroError> =>
  work.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as MicroError,
  );

describe.each([
  ['plain HTTP', false],
  ['frames', true],
])('calls over %s', (_name, frames) => {
  const pair = async (exchange: Exchange) => {
    const listener = await listen(exchange, { frames });
    return { listener, connection: await connectTo(listener) };
  };

  it('carry a request and its answer', async () => {
    const { connection } = await pair(greet);
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_none, at) =>
        json(await connection.exchange(call({ name: `n${at}` }))),
      ),
    );
    expect(answers).toEqual(
      Array.from({ length: 100 }, (_none, at) => ({ message: `Hello n${at}` })),
    );
  });

  it('carry names, deadline, attempt and metadata', async () => {
    let seen: CallMessage | undefined;
    const { connection } = await pair(async (message) => {
      seen = message;
      return { ...message, metadata: metadata({ zone: 'ü-a' }), body: new Uint8Array(0) };
    });
    const given = metadata({ 'x-tenant': 'acme', unicode: 'ü ☃ 日本' });
    const lifetime = new Lifetime(performance.now() + 5_000);
    const sent = call({}, { metadata: given, attempt: 2, lifetime, service: 'grüße' });
    const answer = await connection.exchange(sent);
    expect(seen).toMatchObject({ service: 'grüße', endpoint: 'Greeter.Hello', attempt: 2 });
    expect({ ...seen?.metadata }).toEqual({ ...given });
    expect(seen?.lifetime.left).toBeGreaterThan(1_000);
    expect(seen?.lifetime.left).toBeLessThanOrEqual(5_000);
    expect(seen?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(answer.contentType).toBe('application/json');
    expect({ ...answer.metadata }).toEqual({ zone: 'ü-a' });
  });

  it('carry errors with code, text, details and the mark of what was refused', async () => {
    const thrown = new MicroError('failed_precondition', 'nö\nnot now', {
      origin: 'greeter',
      details: { again: 5 },
      refused: true,
    });
    const { connection } = await pair(() => Promise.reject(thrown));
    const error = await failure(connection.exchange(call({})));
    expect(error).toMatchObject({ code: 'failed_precondition', origin: 'greeter', refused: true });
    expect(error.message).toContain('nö');
    expect(error.details).toEqual({ again: 5 });
  });

  it('are cancelled on the other side when their lifetime ends', async () => {
    const reason = gate<MicroError>();
    let arrived = false;
    const { connection } = await pair(async ({ lifetime }) => {
      lifetime.onEnd(reason.open);
      arrived = true;
      return new Promise<Message>(() => undefined);
    });
    const lifetime = new Lifetime();
    const running = failure(connection.exchange(call({}, { lifetime })));
    await until(() => arrived);
    lifetime.end(new MicroError('cancelled', 'enough'));
    expect((await running).message).toBe('enough');
    expect((await reason.opened).code).toBe('cancelled');
    expect(json(await (await pair(greet)).connection.exchange(call({ name: 'x' })))).toBeDefined();
  });

  it('fail with unavailable when the listener goes, and the connection tells', async () => {
    let arrived = false;
    const { listener, connection } = await pair(() => {
      arrived = true;
      return new Promise<Message>(() => undefined);
    });
    const running = failure(connection.exchange(call({})));
    await until(() => arrived);
    await listener.close();
    const error = await running;
    expect(error).toMatchObject({ code: 'unavailable', refused: false });
    expect(await connection.closed).toBeDefined();
  });

  it('carry bodies up to the limit, and refuse larger ones without sending them', async () => {
    const exchange: Exchange = async (message) => message;
    const limits = { messageBytes: 300_000 };
    const listener = await listen(exchange, { frames }, limits);
    const connection = await connectTo(listener, {}, limits);
    const body = Buffer.alloc(300_000, 7);
    const contentType = 'application/octet-stream';
    const answer = await connection.exchange(call({}, { body, contentType }));
    expect(Buffer.compare(answer.body as Uint8Array, body)).toBe(0);
    const larger = Buffer.alloc(300_001);
    const error = await failure(connection.exchange(call({}, { body: larger, contentType })));
    expect(error).toMatchObject({ code: 'resource_exhausted', refused: true });
    const small = await connectTo(listener, {}, { messageBytes: 1_000 });
    const back = { ...(await connection.exchange(call({}))) };
    expect(back.contentType).toBe('application/json');
    const grown: Exchange = async (message) => ({ ...message, body: Buffer.alloc(2_000) });
    const other = await connectTo(await listen(grown, { frames }), {}, { messageBytes: 1_000 });
    expect(await failure(other.exchange(call({})))).toMatchObject({ code: 'resource_exhausted' });
    await small.close();
  });

  it('a drain loses no call', async () => {
    let ran = 0;
    const { listener, connection } = await pair(async (message) => {
      ran++;
      await pause(1);
      return message;
    });
    let [answered, refused, going] = [0, 0, true];
    const states: string[] = [];
    connection.onState?.((state) => states.push(state));
    const worker = async (): Promise<void> => {
      while (going) {
        try {
          await connection.exchange(call({}));
          answered++;
        } catch (error) {
          if (!(error as MicroError).refused) throw error;
          refused++;
          await pause(1);
        }
      }
    };
    const workers = Array.from({ length: 16 }, worker);
    await pause(100);
    await listener.drain();
    await until(() => refused > 0);
    going = false;
    await Promise.all(workers);
    expect(answered).toBe(ran);
    expect(states).toContain('draining');
    expect(await connection.closed).toBeUndefined();
  });
});

/** An HTTP server that is not ours, and the lines of the requests that it got. */
async function foreign(answer = '{}'): Promise<{ address: string; lines: string[] }> {
  const lines: string[] = [];
  const server = createServer((request, response) => {
    lines.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => response.end(request.method === 'POST' ? answer : ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => server.close());
  afterwards(() => server.closeAllConnections());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, lines };
}

/** A TCP server. */
async function tcp(serve: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    afterwards(() => socket.destroy());
    serve(socket.on('error', () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const offering = metadata(plain, { frames: '1' });

describe('the way to a node', () => {
  it('is never asked for frames if its record does not offer them', async () => {
    const { address, lines } = await foreign();
    const connection = await connectTo({ address, metadata: plain });
    await connection.exchange(call({}));
    expect(lines).toEqual(['POST /']);
  });

  it('is HTTP where a record offers frames and nobody speaks them; no call notices', async () => {
    const { address, lines } = await foreign('{"message":"Hi"}');
    const connection = await connectTo({ address, metadata: offering });
    const states: string[] = [];
    connection.onState?.((state) => states.push(state));
    const early = Array.from({ length: 20 }, () => connection.exchange(call({})));
    for (const answer of await Promise.all(early)) expect(json(answer)).toEqual({ message: 'Hi' });
    expect(json(await connection.exchange(call({})))).toEqual({ message: 'Hi' });
    expect(lines.filter((line) => line === 'POST /')).toHaveLength(21);
    expect(lines.filter((line) => line === 'OPTIONS *')).toHaveLength(1);
    await connection.close();
    expect(await connection.closed).toBeUndefined();
  });

  it.each([
    ['hangs up', (socket: Socket) => void socket.once('data', () => socket.destroy())],
    ['says no', (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    [
      'says 101 to something else',
      (socket: Socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');
      },
    ],
    ['talks without end', (socket: Socket) => void socket.write('x'.repeat(100_000))],
  ])('is asked again by HTTP if a server %s', async (_name, first) => {
    let sockets = 0;
    const address = await tcp((socket) => {
      if (sockets++ === 0) return first(socket);
      const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
      socket.on('data', () => socket.write(answer));
    });
    const connection = await connectTo({ address, metadata: offering });
    expect(json(await connection.exchange(call({})))).toEqual({});
    expect(sockets).toBe(2);
  });

  it('is found out by asking where an address was given by hand', async () => {
    const listener = await listen(async (message) => ({ ...message, metadata: noMetadata }));
    for (const address of [listener.address, `http://${listener.address}/`]) {
      const connection = await connectTo({ address });
      const body = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from('{}');
      };
      const answer = await connection.exchange(call({}, { body: body() }));
      expect(answer.body).not.toBeInstanceOf(Uint8Array);
    }
    const { address, lines } = await foreign();
    const connection = await connectTo({ address });
    expect(lines).toEqual(['OPTIONS *']);
    await connection.exchange(call({}));
    const error = await failure(connection.exchange(call({}, { body: listen as never })));
    expect(error).toMatchObject({ code: 'unimplemented', refused: true });
  });

  it('is refused at once if nobody listens, and in time if nobody answers', async () => {
    const listener = await listen(greet);
    await listener.close();
    for (const own of [plain, offering, noMetadata]) {
      const work = connectTo({ address: listener.address, metadata: own });
      expect(await failure(work)).toMatchObject({ code: 'unavailable', refused: true });
    }
    const silent = await tcp(() => undefined);
    const start = performance.now();
    const error = await failure(connectTo({ address: silent }, {}, { handshake: 300 }));
    expect(error.code).toBe('unavailable');
    expect(performance.now() - start).toBeLessThan(3_000);
    const frames = await connectTo({ address: silent, metadata: offering }, {}, { handshake: 300 });
    const refused = await failure(frames.exchange(call({})));
    expect(refused).toMatchObject({ code: 'unavailable', refused: true });
    expect(await frames.closed).toBeDefined();
  });

  it('is refused if another process has taken the port', async () => {
    const { address } = await listen(greet);
    const own = metadata(offering, { instance: 'another' });
    const connection = await connectTo({ address, metadata: own });
    const error = await failure(connection.exchange(call({ name: 'x' })));
    expect(error).toMatchObject({ code: 'unavailable', refused: true });
  });

  it('may be closed while it is asked', async () => {
    const silent = await tcp(() => undefined);
    const connection = await connectTo({ address: silent, metadata: offering });
    const running = failure(connection.exchange(call({})));
    await connection.close();
    expect((await running).code).toBe('unavailable');
    expect(await connection.closed).toBeUndefined();
  });
});

describe('sockets of plain HTTP', () => {
  it('are as many as calls, up to a limit; more calls wait, and may end while they do', async () => {
    const hang = gate();
    let [now, most] = [0, 0];
    const listener = await listen(
      async (message) => {
        most = Math.max(most, ++now);
        await hang.opened;
        now--;
        return { ...message, metadata: noMetadata };
      },
      { frames: false },
    );
    const connection = await connectTo(listener, { connections: 4 });
    const calls = Array.from({ length: 20 }, () => connection.exchange(call({})));
    const lifetime = new Lifetime();
    const ended = failure(connection.exchange(call({}, { lifetime })));
    await until(() => now === 4);
    lifetime.end(new MicroError('deadline_exceeded', 'late'));
    expect((await ended).message).toBe('late');
    hang.open();
    await Promise.all(calls);
    expect(most).toBe(4);
  });

  it('that a server closes while they are idle lose no call', async () => {
    let closed = 0;
    const address = await tcp((socket) => {
      socket
        .on('close', () => closed++)
        .on('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
          setTimeout(() => socket.end(), 20);
        });
    });
    const connection = await connectTo({ address, metadata: plain });
    const before = closed;
    for (let at = 1; at <= 5; at++) {
      await connection.exchange(call({}));
      await until(() => closed === before + at); // by the caller too, who has heard of it
    }
  });

  it('that break in the middle of a call fail it as unavailable, and not as refused', async () => {
    const address = await tcp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{');
        setTimeout(() => socket.resetAndDestroy(), 50);
      });
    });
    const connection = await connectTo({ address, metadata: plain });
    const error = await failure(connection.exchange(call({})));
    expect(error).toMatchObject({ code: 'unavailable', refused: false });
    let lost = false;
    void connection.closed.then(() => (lost = true));
    await pause(100);
    expect(lost).toBe(false); // somebody still listens there
  });

  it('refuse metadata that a header would change', async () => {
    const connection = await connectTo(await listen(greet, { frames: false }));
    for (const value of ['a\r\nb: c', '\0', ' a', 'a\t']) {
      const own = metadata({ 'x-odd': value });
      const error = await failure(connection.exchange(call({}, { metadata: own })));
      expect(error).toMatchObject({ code: 'invalid_argument', refused: true });
    }
    const own = metadata({ 'a b': 'c' });
    const error = await failure(connection.exchange(call({}, { metadata: own })));
    expect(error).toMatchObject({ code: 'invalid_argument', refused: true });
    const odd: Exchange = async (message) => ({ ...message, metadata: metadata({ x: 'a\nb' }) });
    const other = await connectTo(await listen(odd, { frames: false }));
    expect(await failure(other.exchange(call({})))).toBeInstanceOf(MicroError);
  });
});
