import { eventually, pause } from '../expect.ts';
import assert from 'node:assert/strict';

/** What a source gives next: bytes, an error to throw, `undefined` at its end; or waits for ever. */
export type NextChunk = Uint8Array | Error | 'hang' | undefined;

/** A stream of messages that knows what its reader did. */
export interface Source extends AsyncIterable<Uint8Array> {
  /** How many messages it was asked for. */
  readonly pulled: number;
  /** It came to its end, threw, or was told to stop by `return()`. */
  readonly over: boolean;
}

/** A source of what `make` returns for 0, 1, 2 and so on. */
export function sourceOf(make: (at: number) => NextChunk): Source {
  const state = { pulled: 0, over: false };
  const done = { done: true, value: undefined } as const;
  let wake: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (wake = resolve));
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => {
      if (state.over) return done;
      const chunk = make(state.pulled);
      state.pulled += 1;
      if (chunk instanceof Uint8Array) return { done: false, value: chunk };
      if (chunk === 'hang') await stopped;
      state.over = true;
      if (chunk instanceof Error) throw chunk;
      return done;
    },
    return: async () => {
      state.over = true;
      wake();
      return done;
    },
  };
  return {
    [Symbol.asyncIterator]: () => iterator,
    get pulled() {
      return state.pulled;
    },
    get over() {
      return state.over;
    },
  };
}

/** A source of texts. */
export const sourceOfTexts = (texts: readonly string[]): Source =>
  sourceOf((at) => (at < texts.length ? bytes(texts[at] ?? '') : undefined));

/** Text as bytes. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes as text. */
export const text = (body: unknown): string => {
  assert.ok(body instanceof Uint8Array, 'A body that was sent as bytes arrives as bytes.');
  return new TextDecoder().decode(body);
};

/** The stream in a body. */
export function streamIn(body: unknown): AsyncIterable<Uint8Array> {
  const isStream = typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
  assert.ok(isStream, 'A body that was sent as a stream arrives as a stream.');
  return body as AsyncIterable<Uint8Array>;
}

/** Reads a stream to its end. */
export async function textsIn(body: unknown): Promise<readonly string[]> {
  const read: string[] = [];
  for await (const chunk of streamIn(body)) read.push(text(chunk));
  return read;
}

/** How long a source must not be asked, in ms, to count as stopped. */
const still = 300;

/** Waits until nobody pulls any more, and returns how often it was pulled. */
export async function standstill(source: Source, patience: number): Promise<number> {
  return eventually(async () => {
    const before = source.pulled;
    await pause(still);
    assert.equal(source.pulled, before, 'A stream that nobody reads stops its sender.');
    return before;
  }, patience);
}
