// The same service, called over HTTP without a gateway.
import { createApp } from 'micro-ts';
import { answering, requestsTo } from './http-requests.mjs';
import { configOf, Greeter } from './micro-greeter.mjs';

export const serve = ({ port }) =>
  createApp({ ...configOf(true), address: `127.0.0.1:${port}` }, [Greeter]);

export const connect = ({ port, inFlight }) =>
  answering(requestsTo(port, '/Greeter.Hello', { inFlight }));
