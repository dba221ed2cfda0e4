import { createHash } from 'node:crypto';
import { mkdir, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivate, readPrivate, removePrivate, writePrivate } from './private-files.ts';

/** What went wrong when a certificate was asked for, and when to ask again. */
export interface Failures {
  /** In a row. */
  readonly count: number;
  /** In ms since 1970. */
  readonly nextAttempt: number;
  readonly problem: string;
}

/** A lock is a sign of life that is given so often, in ms, … */
const beat = 5_000;
/** … and not believed when it is so old. */
const stale = 30_000;
/** No order takes so long, in ms. */
const abandoned = 3_600_000;

/**
 * Keys, certificates and what failed, in a folder that several gateways may share: each file is
 * replaced as a whole, and one of them at a time asks for a certificate. What belongs to one ACME
 * server is in a folder of its own, so that a certificate for tests is never taken for a real one.
 */
export class CertificateStore {
  readonly folder: string;

  constructor(folder: string, directoryUrl: string) {
    const { hostname } = new URL(directoryUrl);
    const hash = createHash('sha256').update(directoryUrl).digest('hex').slice(0, 8);
    this.folder = join(folder, `${hostname}-${hash}`);
  }

  /** @throws Error if the folder cannot be written */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const probe = join(this.folder, `.${process.pid}`);
    await writePrivate(probe, '');
    await removePrivate(probe);
    await this.#sweep();
  }

  /** What somebody left who died while writing or asking. */
  async #sweep(): Promise<void> {
    const found = await readdir(this.folder, { recursive: true });
    const left = found.filter((name) => name.endsWith('.new') || /challenges\W/.test(name));
    for (const path of left.map((name) => join(this.folder, name)))
      if (await isOlder(path, abandoned)) await removePrivate(path);
  }

  get accountFile(): string {
    return join(this.folder, 'account.pem');
  }

  /** The key of the account: the one that is there, else this one, from now on for everybody. */
  async accountKey(make: () => Promise<string>): Promise<string> {
    const known = await readPrivate(this.accountFile);
    if (known !== undefined) return known;
    const fresh = await make();
    if (await createPrivate(this.accountFile, fresh)) return fresh;
    return (await readPrivate(this.accountFile)) ?? fresh;
  }

  readCertificate = (host: string): Promise<string | undefined> =>
    readPrivate(this.#of(host, 'pem'));

  writeCertificate = (host: string, pem: string): Promise<void> =>
    writePrivate(this.#of(host, 'pem'), pem);

  async readFailures(host: string): Promise<Failures | undefined> {
    const text = await readPrivate(this.#of(host, 'failures.json'));
    try {
      const { count, nextAttempt, problem } = JSON.parse(text ?? '') as Failures;
      const known = Number.isInteger(count) && Number.isFinite(nextAttempt);
      return known ? { count, nextAttempt, problem: String(problem) } : undefined;
    } catch {
      return undefined;
    }
  }

  /** @param failures none any more, if left out */
  writeFailures = (host: string, failures?: Failures): Promise<void> =>
    failures === undefined
      ? removePrivate(this.#of(host, 'failures.json'))
      : writePrivate(this.#of(host, 'failures.json'), JSON.stringify(failures));

  /** What the authority is to be answered, whichever gateway it asks. */
  writeAnswer = (token: string, answer: string): Promise<void> =>
    writePrivate(this.#answer(token), answer);

  readAnswer = (token: string): Promise<string | undefined> => readPrivate(this.#answer(token));

  removeAnswer = (token: string): Promise<void> => removePrivate(this.#answer(token));

  /**
   * Takes the lock of a host.
   * @returns what gives it back; `undefined` if somebody else has it
   */
  async lock(host: string): Promise<(() => Promise<void>) | undefined> {
    const path = this.#of(host, 'lock');
    if (await isOlder(path, stale)) await removePrivate(path);
    if (!(await createPrivate(path, String(process.pid)))) return undefined;
    const life = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => undefined);
    }, beat);
    life.unref();
    return async () => {
      clearInterval(life);
      await removePrivate(path);
    };
  }

  /** Hosts are checked names, so that none of them leads elsewhere. */
  #of(host: string, kind: string): string {
    return join(this.folder, `${host}.${kind}`);
  }

  #answer(token: string): string {
    return join(this.folder, 'challenges', token);
  }
}

async function isOlder(path: string, age: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > age;
}
