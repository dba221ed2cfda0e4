import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { axios } from 'acme-client';
import { AcmeProblem, problemOf } from './acme-problem.ts';
import type { ProblemDocument } from './acme-problem.ts';

/** How an ACME server is reached. */
export interface AcmeLine {
  /** Authorities believed besides those that Node knows. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

interface Talk extends AcmeLine {
  readonly agent: Agent;
  /** The last error that the server told, which acme-client makes a bare text of. */
  problem?: AcmeProblem;
}

interface Outgoing {
  readonly url?: string;
  readonly method?: string;
  readonly data?: unknown;
  readonly headers: { toJSON?(): Record<string, unknown> };
}

/** Longest wait for an answer, in ms. */
const patience = 30_000;
const mostBytes = 1_048_576;

const talks = new AsyncLocalStorage<Talk>();

// acme-client has one HTTP client for all, which tries again by itself for minutes and knows no other
// authorities. Each talk brings its own.
axios.interceptors.request.use((config) => {
  const talk = talks.getStore();
  if (talk === undefined) return config;
  return Object.assign(config, { adapter: (made: Outgoing) => send(made, talk) });
});

/**
 * Runs what talks to an ACME server by acme-client.
 * @throws AcmeProblem for whatever goes wrong between them
 */
export async function talk<T>(
  line: AcmeLine,
  work: (lastProblem: () => AcmeProblem | undefined) => Promise<T>,
): Promise<T> {
  const agent = new Agent({ keepAlive: true, ...(line.ca !== undefined && { ca: line.ca }) });
  const own: Talk = { ...line, agent };
  try {
    return await talks.run(own, () => work(() => own.problem));
  } catch (error) {
    if (error instanceof AcmeProblem) throw error;
    throw own.problem ?? new AcmeProblem('unknown', textOf(error));
  } finally {
    agent.destroy();
  }
}

async function send(config: Outgoing, talk: Talk): Promise<unknown> {
  const { status, headers, text } = await exchange(config, talk);
  const data = parsed(text, headers['content-type']);
  if (status >= 400) {
    const retryAfter = waitOf(headers['retry-after']);
    const document = typeof data === 'object' && data !== null ? (data as ProblemDocument) : {};
    const type = document.type ?? (status >= 500 ? 'serverInternal' : undefined);
    talk.problem = problemOf({ detail: `status ${status}`, ...document, type }, retryAfter);
  }
  return { status, statusText: '', headers, data, config, request: undefined };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

function exchange(
  { url = '', method = 'get', data, headers }: Outgoing,
  talk: Talk,
): Promise<Answer> {
  const { agent } = talk;
  const signal = AbortSignal.any([talk.signal, AbortSignal.timeout(patience)]);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const { code } = error as NodeJS.ErrnoException;
      const why = `${new URL(url).host} cannot be reached: ${code ?? error.message}`;
      reject(talk.signal.aborted ? talk.signal.reason : new AcmeProblem('unreachable', why));
    };
    const sent = Object.fromEntries(
      Object.entries(headers.toJSON?.() ?? headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
    const outgoing = request(url, { method, headers: sent, agent, signal }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('error', fail);
      incoming.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > mostBytes) incoming.destroy(new Error('its answer is too long'));
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
      );
    });
    outgoing.on('error', fail);
    outgoing.end(typeof data === 'object' ? JSON.stringify(data) : data);
  });
}

function parsed(text: string, type: string | undefined): unknown {
  if (!/[/+]json/.test(type ?? '')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Seconds or a date, as ms from now; a day at most. */
function waitOf(header: string | undefined): number {
  const seconds = Number(header ?? 0);
  const wait = Number.isNaN(seconds) ? Date.parse(header ?? '') - Date.now() : seconds * 1_000;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), 86_400_000) : 0;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
