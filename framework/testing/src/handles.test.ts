import { createServer, request } from 'node:http';
import { Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterwards, closeAll } from './afterwards.ts';
import { eventually, pause, until } from './expect.ts';
import { leavingNothing } from './handles.ts';
import { watchTimers } from './timers.ts';

afterEach(closeAll);

/** How long a check may wait here, in ms: it tries several times whatever is said. */
const briefly = 50;

/** Sets a timer after a timer, as what renews a lease does; until the test ends. */
function keepRenewing(renewed: () => void = () => undefined): void {
  let timer: NodeJS.Timeout;
  const renew = (): void => {
    timer = setTimeout(renew, 5);
    renewed();
  };
  renew();
  afterwards(() => clearTimeout(timer));
}

/** Calls `heard` where data comes, on the side that called or on the one that accepted. */
async function throughSockets(side: 'caller' | 'server', heard: () => void): Promise<void> {
  const on = (own: typeof side) => (side === own ? heard : () => undefined);
  const server = createServer((request, answer) => {
    request.once('data', on('server')).resume();
    request.once('end', () => answer.end('x'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => {
    const { port } = server.address() as AddressInfo;
    const asked = request({ port, host: '127.0.0.1', method: 'POST', agent: false }, (answer) => {
      answer.once('data', on('caller')).once('close', resolve);
    });
    asked.end('x');
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const setOne = (): void => void afterTest(setTimeout(() => undefined, 60_000));

const timerRuns = /no timer runs[^]*handles\.test/;

describe('what leaves nothing', () => {
  it('passes, whatever it opened meanwhile', async () => {
    await leavingNothing(5_000, async () => {
      const interval = setInterval(() => undefined, 5);
      await throughSockets('server', () => setTimeout(() => undefined, 20));
      clearInterval(interval);
    });
  });

  it('passes beside timers that an app of an earlier test goes on to set', async () => {
    let renewals = 0;
    keepRenewing(() => renewals++);
    const started = renewals;
    await leavingNothing(briefly, () => pause(30));
    expect(renewals).toBeGreaterThan(started);
  });

  it('passes beside a server of an earlier test that goes on to answer', async () => {
    let answers = 0;
    let over = false;
    const others = (async () => {
      while (!over) await throughSockets('server', () => (answers++, setOne()));
    })();
    afterwards(async () => {
      over = true;
      await others;
    });
    const timers = watchTimers();
    await timers.run(() => until(() => answers > 3));
    await eventually(async () => expect(await timers.left()).toEqual([]));
    timers.end();
  });

  it('passes beside timers that others begin to set after it', async () => {
    let begun: Promise<void> | undefined;
    const later = setImmediate(() => void (begun = pause(20).then(() => keepRenewing())));
    afterwards(() => clearImmediate(later));
    await leavingNothing(briefly, async () => {
      while (begun === undefined) await pause(5);
      await begun;
    });
  });
});

describe('what leaves something', () => {
  it.each([
    ['a timer', async () => void afterTest(setTimeout(() => undefined, 60_000))],
    [
      "a timer that is unref'd",
      async () => void afterTest(setTimeout(() => undefined, 60_000)).unref(),
    ],
    ['an interval', async () => void afterTest(setInterval(() => undefined, 60_000))],
    ['a timer that was set where an answer came', () => throughSockets('caller', setOne)],
    ['a timer that was set where a request came', () => throughSockets('server', setOne)],
    ['a timer after each timer', async () => keepRenewing()],
    ['timers that begin later', async () => void setTimeout(() => keepRenewing(), 5)],
  ])('fails: %s', async (_what, work) => {
    await expect(leavingNothing(briefly, work)).rejects.toThrow(timerRuns);
  });

  it('fails beside the timers of others, and names its own alone', async () => {
    keepRenewing();
    const left = leavingNothing(
      briefly,
      async () => void afterTest(setInterval(() => undefined, 60_000)),
    );
    const { actual } = (await left.catch((error: { actual: unknown }) => error)) as {
      actual: unknown;
    };
    expect(actual).toEqual([expect.stringContaining('handles.test')]);
  });

  it('fails: a socket', async () => {
    const server = new Server();
    afterwards(() => server.close());
    const listen = () =>
      new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    await expect(leavingNothing(briefly, listen)).rejects.toThrow(/TCPServerWrap|TCPSERVERWRAP/i);
  });

  it('tells why the work itself failed', async () => {
    const work = async (): Promise<void> => {
      throw new Error('it went wrong');
    };
    await expect(leavingNothing(briefly, work)).rejects.toThrow('it went wrong');
  });
});

function afterTest(timer: NodeJS.Timeout): NodeJS.Timeout {
  afterwards(() => clearTimeout(timer));
  return timer;
}
