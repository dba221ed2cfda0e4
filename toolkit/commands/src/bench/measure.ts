import { leastInFlight, MicroError } from 'micro-ts';
import type { Selector } from 'micro-ts';
import type { CommandContext } from '../command.ts';
import type { Fields } from '../fields.ts';
import { isStream } from '../is-stream.ts';
import { misuse } from '../misuse.ts';
import type { Output } from '../output.ts';
import { messageOf, rawJson } from '../request-body.ts';
import { endpointOf } from '../request-members.ts';
import { applyLoad } from './load.ts';
import type { LoadOptions, MakeCall } from './load.ts';
import { resultOf } from './result.ts';
import type { Tally } from './tally.ts';

/** What `bench` is told. Times in ms. */
export interface BenchInput {
  readonly service: string;
  readonly endpoint: string;
  readonly request: readonly string[];
  readonly fields: Fields;
  readonly concurrency: number;
  readonly duration: number;
  readonly warmup: number;
  readonly rate?: number | undefined;
  readonly timeout?: number | undefined;
}

/**
 * Calls an endpoint for a while, and says how that went.
 * @throws MicroError for what cannot be called, or a request that makes no sense; calls that fail
 *   otherwise are part of the result
 */
export async function measure(input: BenchInput, context: CommandContext): Promise<Output> {
  const { concurrency, rate, duration, warmup } = input;
  const { endpoint, call } = await caller(input, context);
  const { signal } = context;
  await call().catch(refuse);
  const loading = (part: Pick<LoadOptions, 'duration' | 'progress'>) =>
    applyLoad(call, { concurrency, rate, signal, ...part });
  if (warmup > 0)
    await loading({ duration: warmup, progress: () => context.progress?.('warming up …') });
  const progress = (tally: Tally, elapsed: number): void =>
    context.progress?.(progressOf(tally, elapsed, duration));
  const measured = await loading({ duration, progress });
  return resultOf({ ...measured, service: input.service, endpoint, concurrency, rate });
}

/** What is wrong with the request itself would be told as often as it is sent. */
function refuse(error: unknown): void {
  const { code } = MicroError.from(error, 'unknown');
  if (code === 'invalid_argument' || code === 'unimplemented') throw error;
}

async function caller(
  input: BenchInput,
  context: CommandContext,
): Promise<{ readonly endpoint: string; readonly call: MakeCall }> {
  const { service, request: words, fields, timeout } = input;
  const found = await endpointOf({ service, endpoint: input.endpoint }, context);
  if (found?.kind === 'client' || found?.kind === 'bidi')
    throw misuse(`${found.name} takes a stream of requests, which bench cannot send`);
  const body = rawJson(await messageOf({ words, fields }, context, found?.request));
  const endpoint = found?.name ?? input.endpoint;
  const call = async (): Promise<string | undefined> => {
    let node: string | undefined;
    // As usual, and it tells which one it was.
    const selector: Selector = {
      select(candidates, each) {
        const chosen = leastInFlight.select(candidates, each);
        node = chosen.node.id;
        return chosen;
      },
    };
    const options = { raw: true, timeout, selector } as const;
    const answer = await context.micro.call(service, endpoint, body, options);
    if (isStream(answer)) for await (const _ of answer);
    return node;
  };
  return { endpoint, call };
}

function progressOf({ latencies, failures }: Tally, elapsed: number, duration: number): string {
  const rate = Math.round(latencies.count / (elapsed / 1_000)).toLocaleString('en');
  const parts = [
    `${(elapsed / 1_000).toFixed(1)} of ${duration / 1_000} s`,
    `${rate} calls/s`,
    `p99 ${latencies.quantile(0.99).toFixed(2)} ms`,
  ];
  if (failures > 0) parts.push(`${failures} failed`);
  return parts.join('   ');
}
