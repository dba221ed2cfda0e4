// A process of its own, that keeps nodes registered in a group on the loopback interface.
import { sampleNode } from '@micro-ts/testing';
import { open } from './loopback.test.fixture.ts';

const [, , port = '', service = '', count = '1', ttl = '60000'] = process.argv;

/** Registers, says so, and beats like core does: at each third of the ttl. */
async function live(): Promise<void> {
  const { registry, close } = open(Number(port));
  const nodes = Array.from({ length: Number(count) }, () => sampleNode(service));
  const beat = async (): Promise<void> => {
    for (const node of nodes) await registry.register(node, Number(ttl));
  };
  await registry.localAddress(); // Opens the sockets, so that they are not part of what is measured.
  const before = process.hrtime.bigint().toString();
  await beat();
  process.send?.({ before, ids: nodes.map(({ id }) => id) });
  const timer = setInterval(() => void beat().catch(() => undefined), Number(ttl) / 3);
  process.once('message', () => {
    clearInterval(timer);
    void close().then(() => process.disconnect());
  });
}

if (process.env['MDNS_MEMBER'] === 'live') void live();
export { open };
