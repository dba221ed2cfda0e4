import { closable, MicroError } from '@micro-ts/interface';
import type { Losable, PluginContext } from '@micro-ts/interface';
import { ReportOnce } from '@micro-ts/wire';
import { hostname } from 'node:os';
import { group, openChannel } from './channel.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { dnsNames, fits } from './dns-names.ts';
import type { DnsNames } from './dns-names.ts';
import { findInterface } from './network-interface.ts';
import type { NetworkInterface } from './network-interface.ts';
import { question } from './packet.ts';
import { Responder } from './responder.ts';
import { servicesIn, sightingsIn } from './sighting.ts';
import type { Sighting } from './sighting.ts';

/** Options of the plugin, with their defaults. */
export interface MdnsOptions {
  readonly domain: string;
  readonly interface?: string | undefined;
  readonly port: number;
  readonly timeout: number;
}

/** What one packet says. */
export interface Heard {
  readonly sightings: readonly Sighting[];
  /** Services of the listing. */
  readonly services: readonly string[];
}

/** What the registry holds open: the way to the others, and what this process answers for. */
export interface MdnsLink extends Losable {
  readonly network: NetworkInterface;
  readonly names: DnsNames;
  readonly responder: Responder;
  readonly report: ReportOnce;
  /** Asks all what there is under a name. */
  ask(name: string): Promise<void>;
  /** Tells of each packet, until what it returns is called. */
  hear(listener: (heard: Heard) => void): () => void;
  /** Takes a watch down with the link, until the watch is closed. */
  hold(watch: Losable): void;
  /** Resolves after the time in which answers are waited for. */
  pause(): Promise<void>;
}

/** Opens the way to the others. */
export async function openLink(
  { domain, interface: given, port, timeout }: MdnsOptions,
  { logger }: PluginContext,
): Promise<MdnsLink> {
  const network = await findInterface(given, group);
  const names = dnsNames(domain);
  const report = new ReportOnce(logger);
  const listeners = new Set<(heard: Heard) => void>();
  const watches = new Set<Losable>();
  const receive: ChannelListener = {
    query: (packet, from) => responder.answer(packet, from),
    response(packet) {
      const sightings = sightingsIn(packet, names, domain);
      for (const { instance, key, ttl } of sightings) if (ttl > 0) responder.compare(instance, key);
      const heard = { sightings, services: servicesIn(packet, names) };
      if (sightings.length + heard.services.length === 0) return;
      for (const listener of [...listeners]) listener(heard);
    },
    garbage: ({ address }, error) =>
      report.warn('garbage', 'packets that cannot be read arrive and are ignored', {
        address,
        error,
      }),
  };
  const channel: Channel = await openChannel({ network, port, listener: receive });
  const place = { names, hostname: fits(hostname()) ? hostname() : 'localhost' };
  const responder = new Responder({ channel, place, port, report });
  const link = closable(async () => {
    const reason = new MicroError('unavailable', 'mdns has left the network');
    for (const watch of [...watches]) watch.lose(reason);
    await responder.close();
    await channel.close();
  });
  void channel.closed.then(link.lose);
  return Object.assign(link, {
    network,
    names,
    responder,
    report,
    ask: (name: string) => channel.ask(question(name, 'PTR')),
    hear(listener: (heard: Heard) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hold(watch: Losable) {
      watches.add(watch);
      void watch.closed.then(() => watches.delete(watch));
    },
    pause: () => patience(timeout),
  });
}

/** Turns of the event loop that are waited for besides; each reads some packets. */
const turns = 8;

/** Waits, and then reads what has arrived: a process that was busy has answers waiting for it. */
async function patience(timeout: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, timeout));
  for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
