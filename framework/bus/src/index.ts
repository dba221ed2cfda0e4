export { BusTransport } from './bus-transport.ts';
export type { BusTransportSettings } from './bus-transport.ts';
export type { Bus, PlainMessage, Post, Receiver } from './bus.ts';
export { kind as tunnelKind } from './tunnel-message.ts';
export { Outflow } from './outflow.ts';
