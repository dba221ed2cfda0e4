import type { FastifyRequest } from 'fastify';
import { readSubscriptionQuery } from './subscription-query.ts';

it.each([
  ['', 16],
  ['concurrency=4', 4],
  ['concurrency=256', 16],
  ['concurrency=256&delivery=at-least-once', 16],
])('who cannot answer has 16 events in hand at most: %s', (query, concurrency) => {
  const asked = Object.fromEntries(new URLSearchParams(`topic=news&${query}`));
  const request = { query: asked, raw: {} } as unknown as FastifyRequest;
  expect(readSubscriptionQuery(request)).toMatchObject({ topic: 'news', concurrency });
});
