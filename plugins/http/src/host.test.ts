import { setTimeout as pause } from 'node:timers/promises';
import { defaultLimits } from '@micro-ts/interface';
import { until } from '@micro-ts/testing';
import { afterwards, closeAll, greet, listen, rawSocket } from './app.test.fixture.ts';
import { openHost } from './host.ts';

const request =
  'POST /Greeter.Hello HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
  'Content-Length: 14\r\n\r\n{"name":"Ann"}';

describe('an idle connection', () => {
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'performance'],
    });
    afterwards(() => jest.useRealTimers());
  });
  afterEach(closeAll);

  it('is kept for longer than the 60 s of go-micro, and dismissed with a word after 90 s', async () => {
    const { port } = await listen(greet);
    const socket = (await rawSocket(port)).write(request);
    await socket.until('Hello Ann');
    jest.advanceTimersByTime(80_000);
    socket.write(request);
    await socket.until('Hello Ann', 2);
    jest.advanceTimersByTime(80_000);
    expect(socket.text).not.toContain('408');
    jest.advanceTimersByTime(15_000);
    await socket.closed;
    expect(socket.text).toMatch(/HTTP\/1.1 408 [\s\S]*Micro-Refused: 1\r\n[\s\S]*was idle/);
  });

  it('on which an answer lies unread is cut off, and one that is read slowly is not', async () => {
    // No kernel takes all of this off a reader's hands.
    const answer = Buffer.alloc(64_000_000, 32);
    let answered = 0;
    const cut: (number | undefined)[] = [];
    const host = await openHost(
      '127.0.0.1:0',
      {
        request: (incoming, response) => {
          const { remotePort } = incoming.resume().socket.once('close', () => cut.push(remotePort));
          response.end(answer);
          answered++;
          return undefined;
        },
      },
      { limits: defaultLimits, tls: undefined, unread: 2_000 },
    );
    afterwards(() => host.close());
    const port = Number(host.address.split(':')[1]);
    const [stalls, reads] = [await rawSocket(port), await rawSocket(port)];
    for (const socket of [stalls, reads]) socket.write(request).socket.pause();
    await until(() => answered === 2);
    const { localPort } = stalls.socket;
    await until(async () => {
      jest.advanceTimersByTime(1_000);
      reads.socket.resume();
      await pause(5);
      reads.socket.pause();
      await pause(50);
      return cut.length > 0;
    });
    for (const socket of [stalls, reads]) socket.socket.resume();
    await stalls.closed;
    await until(() => reads.text.length > answer.length);
    expect(stalls.text.length).toBeLessThan(answer.length);
    expect(cut).toEqual([localPort]);
  });
});
