import { BusTransport } from '@micro-ts/bus';
import type { RoleContext, Transport, TransportSupports } from '@micro-ts/interface';
import type { NatsLink } from '../link.ts';
import { inbox } from './inbox.ts';
import { NatsBus } from './nats-bus.ts';

/** What calls over NATS can do. */
export const transportSupports: TransportSupports = {
  streams: true,
  cancel: true,
  grace: 2_000, // for go-micro's callers, who are not told; tunnels need none
};

/** Calls over NATS: in tunnels between nodes of Micro, as go-micro's transport `nats` with others. */
export function natsTransport(context: RoleContext<NatsLink>): Transport {
  const { connection, limits, logger } = context;
  const buses = new WeakMap<NatsLink, NatsBus>();
  const busOf = (link: NatsLink): NatsBus => {
    const known = buses.get(link) ?? new NatsBus(link, inbox);
    buses.set(link, known);
    return known;
  };
  return new BusTransport({ name: 'nats', connection, busOf, limits, logger });
}
