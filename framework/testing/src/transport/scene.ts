import assert from 'node:assert/strict';
import { Lifetime, metadata, MicroError } from '@micro-ts/interface';
import type { CallMessage, Connection, Exchange, Listener, Transport } from '@micro-ts/interface';
import type { TransportSupports } from '@micro-ts/interface';
import type { Later } from '../clause.ts';
import { eventually, inTime, rejection } from '../expect.ts';
import { machine } from '../open.ts';
import { bytes, sourceOfTexts } from './source.ts';
import type { TransportKit } from './options.ts';

/** A listener and a connection to it. */
export interface Pair {
  readonly listener: Listener;
  readonly connection: Connection;
}

/** What each clause about transports has at hand. All that is opened is closed when the test ends. */
export interface TransportScene {
  readonly supports: TransportSupports;
  readonly patience: number;
  /** Where the kit listens: any free place. */
  readonly address: string;
  readonly server: Transport;
  readonly client: Transport;
  listen(exchange: Exchange): Promise<Listener>;
  connect(listener: Pick<Listener, 'address' | 'metadata'>): Promise<Connection>;
  pair(exchange: Exchange): Promise<Pair>;
  /** Work for the end of the test. */
  readonly later: Later;
  /** The answer to a call, in time. */
  answer: (connection: Connection, call: CallMessage) => ReturnType<Exchange>;
}

/** Most that a test waits for an answer is its patience; calls themselves have all the time. */
export const call = (changes: Partial<CallMessage> = {}): CallMessage => ({
  service: 'kit',
  endpoint: 'Kit.Echo',
  contentType: 'application/json',
  metadata: metadata(),
  body: bytes('{}'),
  lifetime: new Lifetime(),
  attempt: 1,
  ...changes,
});

/** Answers with what it was sent. */
export const echo: Exchange = async ({ contentType, body }) => ({
  contentType,
  metadata: metadata(),
  body,
});

/** An answer of text. */
export const answerOf = (text: string): Awaited<ReturnType<Exchange>> => ({
  contentType: 'application/json',
  metadata: metadata(),
  body: bytes(text),
});

/** What a caller gives as its reason. */
export const cancelled = (): MicroError => new MicroError('cancelled', 'the caller went away');

export async function transportScene(kit: TransportKit, later: Later): Promise<TransportScene> {
  const { configured, open, surroundings } = await machine(kit.plugin, later);
  const patience = kit.patience ?? 5_000;
  const server = open().create('transport', surroundings);
  const client = open().create('transport', surroundings);
  const address = kit.address ?? '127.0.0.1:0';
  const listen = async (exchange: Exchange): Promise<Listener> => {
    const listener = await server.listen(address, exchange);
    later(() => inTime(listener.close(), patience, 'A listener closes in time.'));
    return listener;
  };
  const connect: TransportScene['connect'] = async ({ address: at, metadata: own }) => {
    const connection = await client.connect({ id: 'kit-node', address: at, metadata: own });
    later(() => inTime(connection.close(), patience, 'A connection closes in time.'));
    return connection;
  };
  const pair = async (exchange: Exchange): Promise<Pair> => {
    const listener = await listen(exchange);
    return { listener, connection: await connect(listener) };
  };
  const answer: TransportScene['answer'] = (connection, message) =>
    inTime(connection.exchange(message), patience, 'A call is answered.');
  const { supports } = configured.roles.transport;
  return { supports, patience, address, server, client, listen, connect, pair, later, answer };
}

/** A pair whose endpoint `Kit.Wait` answers when it is told to; it waits for a first call there. */
export async function waiting(scene: TransportScene) {
  let go: () => void = () => undefined;
  let arrived = false;
  const gate = new Promise<void>((resolve) => (go = resolve));
  const pair: Pair = await scene.pair(async (request) => {
    if (request.endpoint === 'Kit.Echo') return echo(request);
    arrived = true;
    await gate;
    return { ...answerOf(''), body: new Uint8Array(300_000).fill(7) };
  });
  const running = pair.connection.exchange(call({ endpoint: 'Kit.Wait' }));
  running.catch(() => undefined);
  const why = 'The call reaches the handler.';
  await eventually(() => assert.ok(arrived, why), scene.patience);
  return { ...pair, running, go };
}

/** True where streams are declared; elsewhere it shows that they are refused, both ways. */
export async function streams(scene: TransportScene): Promise<boolean> {
  if (scene.supports.streams) return true;
  const why = 'A transport that declares no streams refuses them with unimplemented.';
  const { connection } = await scene.pair(async (request) => {
    if (request.endpoint === 'Kit.Echo') return echo(request);
    return { ...answerOf(''), body: sourceOfTexts(['a']) };
  });
  const sends = call({ body: sourceOfTexts(['a']) });
  await rejection(connection.exchange(sends), scene.patience, why, 'unimplemented');
  const receives = call({ endpoint: 'Kit.Count' });
  await rejection(connection.exchange(receives), scene.patience, why, 'unimplemented');
  return false;
}

/** Waits until a lifetime has ended, and returns why. */
export const ended = (
  lifetime: () => Lifetime | undefined,
  patience: number,
  why: string,
): Promise<MicroError> =>
  eventually(() => {
    const reason = lifetime()?.reason;
    if (reason === undefined) throw new Error(why);
    return reason;
  }, patience);
