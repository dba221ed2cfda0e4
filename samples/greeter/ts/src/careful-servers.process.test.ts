// The servers that are written by hand, with callers and a sidecar that give them trouble.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { languagesWith, Running, until } from './languages.test.fixture.ts';

const byHand = languagesWith('local')
  .filter(({ name }) => name === 'Python' || name === 'Ruby')
  .map((language) => [language.name, language] as const);

/** A sidecar of which nothing is there but what a proxy before it says. */
let sidecar: Server;
let asked: string[];
let greeter: Running;
let port: number;

const suite = describe.each(byHand.filter(([, { lacking }]) => lacking === undefined));

for (const [name, { lacking }] of byHand)
  if (lacking !== undefined)
    it.skip(`the server in ${name} (skipped: ${lacking})`, () => undefined);

suite('the server in %s', (_name, { server }) => {
  beforeAll(async () => {
    asked = [];
    sidecar = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(502, { 'Content-Type': 'text/html' }).end('<html>Bad Gateway</html>');
    });
    await once(sidecar.listen(0, '127.0.0.1'), 'listening');
    greeter = new Running(server, {
      MICRO_PROXY_ADDRESS: `127.0.0.1:${(sidecar.address() as AddressInfo).port}`,
      PYTHONDONTWRITEBYTECODE: '1',
    });
    port = Number((await greeter.prints(/listens on 127\.0\.0\.1:(\d+)/))[1]);
  }, 90_000);

  afterAll(async () => {
    await greeter.stop('SIGKILL');
    sidecar.closeAllConnections();
    sidecar.close();
  });

  it.each<[string, string | Uint8Array]>([
    ['an array', '[1]'],
    ['a number', '5'],
    ['null', 'null'],
    ['a text', '"x"'],
    ['half an object', '{'],
    ['too deep', '['.repeat(100_000)],
    ['not UTF-8', Buffer.from('{"name":"\xff"}', 'latin1')],
  ])(
    'tells the caller what is wrong with a request that is %s',
    async (_what, body) => {
      const headers = { 'Micro-Endpoint': 'Greeter.Hello' };
      const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.headers.get('micro-error') ?? '')).toEqual({
        id: 'greeter',
        code: 400,
        detail: 'the request should be a JSON object',
      });
      expect(await answer.json()).toEqual({});
    },
    30_000,
  );

  it.each(['-5', 'many', '1000001', '9999999999'])(
    'reads no request whose length is said to be %s',
    async (length) => {
      const { socket, received } = send(requestOf(length));
      await once(socket, 'close');
      expect(received.join('')).toMatch(/^Micro-Error: .*"code": ?413/m);
    },
    30_000,
  );

  it('answers in one piece, of which no part waits for the caller', async () => {
    const { socket } = send('');
    for (let calls = 0; calls < 50; calls++) {
      socket.write(requestOf(2, '{}'));
      const [piece] = await once(socket, 'data');
      expect(String(piece)).toMatch(/\{\}$/);
    }
    socket.destroy();
  }, 30_000);

  it('goes on registering when it is told no, in whatever words', async () => {
    const tries = (): number => asked.filter((each) => each === 'POST /registry').length;
    await until(
      () => `tried again: ${greeter.output}`,
      () => tries() > 2,
    );
    expect(greeter.output).toContain('not registered: 502: Bad Gateway');
  }, 90_000);

  it('finishes what has begun when it was told to end', async () => {
    const body = '{"name":"Ann"}';
    const { socket, received } = send(requestOf(2, '{}') + requestOf(body.length));
    const answered = (text: string): Promise<void> =>
      until(
        () => `answered: ${greeter.output}`,
        () => received.join('').includes(text),
      );
    await answered('{}');
    greeter.child.kill();
    await until(
      () => 'deregistered',
      () => asked.includes('DELETE /registry'),
    );
    socket.write(body);
    await answered('Hello Ann');
    expect(await greeter.ended).toBe(0);
  }, 90_000);
});

const requestOf = (length: number | string, body = ''): string =>
  `POST / HTTP/1.1\r\nMicro-Endpoint: Greeter.Hello\r\nContent-Length: ${length}\r\n\r\n${body}`;

/** A connection, and the pieces in which its answers come. */
function send(text: string): { socket: Socket; received: string[] } {
  const socket = connect(port, '127.0.0.1');
  const received: string[] = [];
  socket.on('data', (piece) => received.push(String(piece))).on('error', () => undefined);
  socket.write(text);
  return { socket, received };
}
