// Micro's gateway before a service over frames.
import { createGateway } from '@micro-ts/api';
import { answering, requestsTo } from './http-requests.mjs';
import { configOf, over } from './micro-greeter.mjs';

export const { serve } = over(true);

export const forward = ({ httpPort }) =>
  createGateway({ address: `127.0.0.1:${httpPort}` }, configOf(true));

export const connect = ({ httpPort, inFlight }) =>
  answering(requestsTo(httpPort, '/greeter/hello', { inFlight }));
