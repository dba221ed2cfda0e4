import { createServer } from 'node:net';
import { freePorts } from './free-ports.ts';

describe('free ports', () => {
  it('are different, can be listened on, and are none that the system gives to whoever dials', async () => {
    const ports = await freePorts(50);
    expect(new Set(ports).size).toBe(50);
    const [first = 0] = ports;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(first, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
    expect(Math.min(...ports)).toBeGreaterThan(1_024);
    expect(Math.max(...ports)).toBeLessThan(32_768);
  });
});
