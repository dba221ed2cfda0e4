// Written by `node scripts/api.mjs` from what the plugins declare; do not edit.
import type { Role, SupportedRoles } from '@micro-ts/interface';

type Supports = { readonly [R in Role]?: SupportedRoles<R>[R]['supports'] };

/** What the plugins of Micro declare, installed or not. */
export const officialSupports: Readonly<Record<string, Supports>> = {
  http: {
    transport: {
      streams: true,
      cancel: true,
      grace: 2000,
    },
    broker: {
      delivery: ['at-most-once'],
      queues: true,
      deadLetter: false,
      wildcards: false,
      ordering: 'none',
      headers: true,
    },
  },
  local: {
    registry: {
      ttl: false,
      watch: true,
      scope: 'host',
    },
  },
  memory: {
    registry: {
      ttl: true,
      watch: true,
      scope: 'host',
    },
    transport: {
      streams: true,
      cancel: true,
      grace: 0,
    },
    broker: {
      delivery: ['at-least-once', 'at-most-once'],
      queues: true,
      deadLetter: true,
      wildcards: true,
      ordering: 'topic',
      headers: true,
    },
  },
  mdns: {
    registry: {
      ttl: true,
      watch: true,
      scope: 'network',
    },
  },
  validation: {},
  etcd: {
    registry: {
      ttl: true,
      watch: true,
      scope: 'network',
    },
  },
  consul: {
    registry: {
      ttl: true,
      watch: true,
      scope: 'network',
    },
  },
  redis: {
    broker: {
      delivery: ['at-most-once', 'at-least-once'],
      queues: true,
      deadLetter: true,
      wildcards: false,
      ordering: 'topic',
      headers: true,
    },
    registry: {
      ttl: true,
      watch: true,
      scope: 'network',
    },
  },
  rabbitmq: {
    transport: {
      streams: true,
      cancel: true,
      grace: 2000,
    },
    broker: {
      delivery: ['at-least-once', 'at-most-once'],
      queues: true,
      deadLetter: true,
      wildcards: true,
      ordering: 'topic',
      headers: true,
    },
  },
  nats: {
    registry: {
      ttl: true,
      watch: true,
      scope: 'network',
    },
    transport: {
      streams: true,
      cancel: true,
      grace: 2000,
    },
    broker: {
      delivery: ['at-most-once', 'at-least-once'],
      queues: true,
      deadLetter: true,
      wildcards: true,
      ordering: 'topic',
      headers: true,
      maxBytes: 700000,
    },
  },
};
