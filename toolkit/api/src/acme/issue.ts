import { setTimeout as sleep } from 'node:timers/promises';
import { Client, crypto } from 'acme-client';
import type { Authorization } from 'acme-client';
import { talk } from './acme-http.ts';
import { AcmeProblem, problemOf } from './acme-problem.ts';
import type { ProblemDocument } from './acme-problem.ts';
import type { CertificateStore } from './certificate-store.ts';
import type { AcmeOptions } from './options.ts';

/** What a certificate is asked for with. */
export interface Asking {
  readonly options: AcmeOptions;
  /** Text of the authorities of `options.ca`. */
  readonly ca: string | undefined;
  readonly store: CertificateStore;
  readonly signal: AbortSignal;
}

type HttpChallenge = Authorization['challenges'][number] & { readonly type: 'http-01' };

/** How long an order may take, in ms. */
const patience = 120_000;

/**
 * Asks for a certificate, and answers the authority's challenges on the way.
 * @returns a new key and the chain, as one PEM
 * @throws AcmeProblem with what to do; what `signal` says when it ends
 */
export function issue(host: string, { options, ca, store, signal }: Asking): Promise<string> {
  return talk({ ca, signal }, async (lastProblem) => {
    const client = await account(options, store, lastProblem);
    const order = await client.createOrder({ identifiers: [{ type: 'dns', value: host }] });
    const tokens: string[] = [];
    try {
      for (const authorization of await client.getAuthorizations(order)) {
        if (authorization.status !== 'pending') continue;
        const challenge = challengeOf(authorization);
        tokens.push(challenge.token);
        await store.writeAnswer(
          challenge.token,
          await client.getChallengeKeyAuthorization(challenge),
        );
        await client.completeChallenge(challenge);
      }
      await settled(signal, async () => {
        const found = await client.getAuthorizations(order);
        found.forEach(refuseInvalid);
        return found.every(({ status }) => status === 'valid');
      });
      const key = await crypto.createPrivateEcdsaKey('P-256');
      const [, request] = await crypto.createCsr({ altNames: [host] }, key);
      let current = await client.finalizeOrder(order, request);
      await settled(signal, async () => {
        if (current.status === 'valid') return true;
        current = await client.getOrder(order);
        if (current.status === 'invalid') throw problemOf((current.error ?? {}) as ProblemDocument);
        return current.status === 'valid';
      });
      return `${key.toString().trim()}\n${await client.getCertificate(current)}`;
    } finally {
      await Promise.allSettled(tokens.map((token) => store.removeAnswer(token)));
    }
  });
}

/** The account, made with its key when there is none. */
async function account(
  { directory, binding, email, agree }: AcmeOptions,
  store: CertificateStore,
  lastProblem: () => AcmeProblem | undefined,
): Promise<Client> {
  const make = async (): Promise<string> => (await crypto.createPrivateEcdsaKey()).toString();
  const client = new Client({
    directoryUrl: directory,
    accountKey: await store.accountKey(make),
    ...(binding && { externalAccountBinding: binding }),
  });
  try {
    await client.createAccount({
      termsOfServiceAgreed: agree,
      ...(email !== undefined && { contact: [`mailto:${email}`] }),
    });
    return client;
  } catch (error) {
    const problem = lastProblem();
    // One that was there is updated at once, which servers refuse where there is nothing to update.
    if (problem?.type === 'malformed' && isKnown(client)) return client;
    if (problem?.type !== 'unauthorized') throw error;
    const detail = `the account of ${store.accountFile} is refused: ${problem.detail}`;
    throw new AcmeProblem('accountRefused', detail);
  }
}

function isKnown(client: Client): boolean {
  try {
    return client.getAccountUrl() !== '';
  } catch {
    return false;
  }
}

function challengeOf({ challenges }: Authorization): HttpChallenge {
  const challenge = challenges.find((each): each is HttpChallenge => each.type === 'http-01');
  if (challenge === undefined)
    throw new AcmeProblem('unsupported', 'the authority offers no http-01 challenge');
  // It becomes the name of a file.
  if (/^[\w-]{1,256}$/.test(challenge.token)) return challenge;
  throw new AcmeProblem('malformed', 'the authority sent a token that is none');
}

function refuseInvalid({ status, challenges }: Authorization): void {
  if (status === 'valid' || status === 'pending') return;
  const failed = challenges.find(({ error }) => error !== undefined && error !== null);
  throw problemOf(
    (failed?.error ?? { detail: `the authorization is ${status}` }) as ProblemDocument,
  );
}

/** Asks until it is done, each time a little later. */
async function settled(signal: AbortSignal, isDone: () => Promise<boolean>): Promise<void> {
  const latest = performance.now() + patience;
  for (let pause = 200; !(await isDone()); pause = Math.min(pause * 1.5, 5_000)) {
    if (performance.now() > latest)
      throw new AcmeProblem('timeout', `the authority was not done after ${patience / 1_000} s`);
    await sleep(pause, undefined, { signal });
  }
}
