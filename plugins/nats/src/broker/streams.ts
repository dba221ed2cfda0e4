import type { NatsSettings } from '../options.ts';
import { prefixes } from '../registry/subjects.ts';
import type { StreamSettings } from './jetstream.ts';
import { nameOf } from './topic.ts';

type Settings = NatsSettings['jetstream'];

/** Longest time in which a stream knows an event again by its id, in ms. */
const duplicates = 2 * 60_000;

/** JetStream counts nanoseconds. */
export const nanos = (ms: number): number => ms * 1_000_000;

const shared = ({ storage, replicas, maxAge }: Settings) => ({
  storage,
  num_replicas: replicas,
  max_age: nanos(maxAge),
  duplicate_window: nanos(Math.min(maxAge, duplicates)),
});

/**
 * The stream of all topics with the same first word: making it needs no agreement with others, and no
 * two of them overlap. It keeps what somebody is subscribed to, until all have done it.
 */
export const eventStream = (settings: Settings, word: string): StreamSettings => ({
  ...shared(settings),
  name: `${settings.stream}_${nameOf(word)}`,
  subjects: [word, `${word}.>`],
  retention: 'interest',
  // Full, it refuses new events rather than lose old ones.
  ...(settings.maxBytes === undefined ? {} : { discard: 'new', max_bytes: settings.maxBytes }),
});

/** Subject under which the dead letters of a topic are kept. */
export const deadSubject = ({ stream }: Settings, topic: string): string =>
  `${stream}.dead.${topic}`;

/** What begins so is said between servers, drivers and this plugin: a publication may even order deletions. */
export const reservedSubjects = (settings: Settings): readonly string[] => [
  '$',
  '_INBOX.',
  deadSubject(settings, ''),
  ...prefixes.map((prefix) => `${prefix}.`),
];

/** The stream of all dead letters. Full, it loses the oldest. */
export const deadStream = (settings: Settings): StreamSettings => ({
  ...shared(settings),
  name: `${settings.stream}-dead`,
  subjects: [deadSubject(settings, '>')],
  retention: 'limits',
  discard: 'old',
  max_msgs: settings.deadLetters,
});
