import type { Listener } from '@micro-ts/interface';
import { call, closeAll, connectTo, greet, json, listen, plain } from './app.test.fixture.ts';
import { rawSocket } from './app.test.fixture.ts';

afterEach(closeAll);

const needsGrace = (listener: Listener): boolean | undefined => listener.needsGrace?.();

describe('a listener needs grace', () => {
  it('only after a call by plain HTTP, whose caller is told nothing when it drains', async () => {
    const listener = await listen(greet);
    expect(needsGrace(listener)).toBe(false);
    const { address } = listener;
    const connection = await connectTo({ address, metadata: plain });
    expect(needsGrace(listener)).toBe(false);
    await connection.exchange(call({ name: 'Ann' }));
    expect(needsGrace(listener)).toBe(true);
  });

  it('after a call by curl too', async () => {
    const listener = await listen(greet);
    const socket = await rawSocket(listener.port);
    const head = 'POST /greeter/Greeter.Hello HTTP/1.1\r\nHost: 127.0.0.1\r\n';
    socket.write(
      `${head}Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{"name":"Ann"}`,
    );
    expect(await socket.until('Ann')).toContain('200 OK');
    expect(needsGrace(listener)).toBe(true);
  });

  it('not where there are frames only: all of their callers are told', async () => {
    const listener = await listen(greet);
    const connection = await connectTo(listener);
    for (const name of ['Ann', 'Bob']) {
      expect(json(await connection.exchange(call({ name })))).toEqual({ message: `Hello ${name}` });
    }
    expect(needsGrace(listener)).toBe(false);
  });

  it('not for what is no call: a question whether it is there, a page of a browser', async () => {
    const listener = await listen(greet);
    const socket = await rawSocket(listener.port);
    socket.write('OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await socket.until('200 OK');
    socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await socket.until('405');
    expect(needsGrace(listener)).toBe(false);
  });
});
