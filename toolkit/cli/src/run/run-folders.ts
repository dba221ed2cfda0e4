import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { ConfigError } from 'micro-ts';
import type { Terminal } from '../terminal-command.ts';
import { banner } from './banner.ts';
import { variablesFor } from './environment.ts';
import { findPrograms } from './find-programs.ts';
import { Log } from './log.ts';
import type { Program } from './program.ts';
import { Supervisor } from './supervisor.ts';
import type { SupervisorParts } from './supervisor.ts';
import { watchFiles } from './watch-files.ts';

/** Below this many ms, a second signal is the same key press; after it, it means now. */
const echo = 500;

/** Where the lines of programs go, and what ends it all. */
interface Place extends Pick<Terminal, 'out' | 'err'> {
  readonly signal: AbortSignal;
}

/** What `micro run` is told. */
export interface RunInput {
  readonly folders: readonly string[];
  readonly only?: string | undefined;
  readonly watch: boolean;
  readonly env_file: readonly string[];
  readonly stop_timeout: number;
}

/**
 * Starts what is found in the folders, and keeps it running until the signal aborts
 * or all of it has ended.
 * @returns 0 if all of it stopped in peace, 1 if something had to be killed or failed
 * @throws ConfigError where there is nothing to start, or a file that was asked for is not there
 */
export async function runFolders(input: RunInput, place: Place): Promise<number> {
  const folders = input.folders.length === 0 ? ['.'] : input.folders;
  const programs = choose(findPrograms(folders), input.only);
  for (const { folder } of programs) variablesFor(folder, input.env_file);
  return new Run(programs, { ...input, folders }, place).end();
}

/** @throws ConfigError where there is nothing to choose from, or nothing of that name */
function choose(programs: readonly Program[], only: string | undefined): readonly Program[] {
  const names = programs.map(({ name }) => name);
  if (names.length === 0)
    throw new ConfigError(
      'micro run',
      'there is no program here',
      'Write src/main.ts or a *.service.ts with a @Service class, or name files: "micro" in package.json',
    );
  const unknown = namesIn(only)?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ConfigError(
      '--only',
      `there is no program ${unknown}`,
      `These are: ${names.join(', ')}`,
    );
  return those(programs, only);
}

const namesIn = (only: string | undefined): readonly string[] | undefined =>
  only?.split(',').map((name) => name.trim());

/** Those that were asked for. */
function those(programs: readonly Program[], only: string | undefined): readonly Program[] {
  const wanted = namesIn(only);
  return programs.filter(({ name }) => wanted === undefined || wanted.includes(name));
}

/** Programs at work. */
class Run {
  readonly #input: RunInput;
  readonly #place: Place;
  readonly #log: Log;
  readonly #parts: SupervisorParts;
  #all: readonly Supervisor[];
  /** Those whose files are gone, until they have stopped. */
  readonly #gone = new Map<Supervisor, Promise<boolean>>();
  readonly #files: ReturnType<typeof watchFiles> | undefined;
  #announced = false;
  #finish!: () => void;
  readonly #finished = new Promise<void>((done) => (this.#finish = done));

  constructor(programs: readonly Program[], input: RunInput, place: Place) {
    this.#input = input;
    this.#place = place;
    this.#log = new Log(
      place,
      programs.map(({ name }) => name),
    );
    const { stop_timeout: stopTimeout, env_file: envFiles } = input;
    const variables = ({ name, folder }: Program): ReturnType<typeof variablesFor> => {
      try {
        return variablesFor(folder, envFiles);
      } catch (error) {
        this.#log.say(`${name} starts without its files of variables: ${(error as Error).message}`);
        return process.env;
      }
    };
    this.#parts = { log: this.#log, variables, stopTimeout, changed: () => this.#changed() };
    this.#all = programs.map((program) => new Supervisor(program, this.#parts));
    this.#files = input.watch ? this.#watch(programs) : undefined;
    place.signal.addEventListener('abort', this.#finish, { once: true });
    for (const each of this.#all) each.start();
    if (place.signal.aborted) this.#finish();
  }

  /** Waits for the end, and sees to it. */
  async end(): Promise<number> {
    await this.#finished;
    await this.#files?.close();
    const asked = performance.now();
    const kill = (): void => {
      if (performance.now() - asked <= echo) return;
      for (const each of [...this.#all, ...this.#gone.keys()]) each.kill();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.prependListener(signal, kill);
    const ends = await Promise.all([
      ...this.#all.map((each) => each.stop()),
      ...this.#gone.values(),
    ]);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, kill);
    return ends.every(Boolean) ? 0 : 1;
  }

  #watch(programs: readonly Program[]): ReturnType<typeof watchFiles> {
    const folders = new Set(programs.map(({ folder }) => folder));
    const places = this.#input.folders.filter((each) => statSync(each).isDirectory());
    const watch = watchFiles(
      { folders, places: places.map((each) => realpathSync(each)) },
      (files) => this.#renew(files),
      (error) => this.#log.say(`files cannot be watched: ${String(error)}`),
    );
    watch.addFiles(this.#input.env_file.map((file) => resolve(file)));
    watch.addFiles(programs.flatMap(settingsAbove));
    return watch;
  }

  #renew(files: ReadonlySet<string>): void {
    const programs = this.#found();
    const gone = this.#all.filter(({ program: { file } }) =>
      programs.every((each) => each.file !== file),
    );
    const fresh = programs.filter(({ file }) =>
      this.#all.every(({ program }) => program.file !== file),
    );
    this.#all = this.#all.filter((each) => !gone.includes(each));
    this.#restart(files);
    for (const program of fresh) this.#begin(program);
    for (const each of gone) this.#drop(each);
  }

  /** The programs that there are now; those that are at work, where that cannot be told. */
  #found(): readonly Program[] {
    const { folders, only } = this.#input;
    try {
      return those(findPrograms(folders.filter((each) => existsSync(each))), only);
    } catch (error) {
      this.#log.say(error instanceof Error ? error.message : String(error));
      return this.#all.map(({ program }) => program).filter(({ file }) => existsSync(file));
    }
  }

  #begin(program: Program): void {
    this.#log.add(program.name);
    this.#log.say(`${shownIn(program, program.file)} is new: ${program.name} starts`);
    this.#files?.addFolder(program.folder);
    this.#files?.addFiles(settingsAbove(program));
    const begun = new Supervisor(program, this.#parts);
    this.#all = [...this.#all, begun];
    begun.start();
  }

  #drop(gone: Supervisor): void {
    const { program } = gone;
    this.#log.say(`${shownIn(program, program.file)} is gone: ${program.name} is stopped`);
    if (!existsSync(program.folder)) this.#files?.removeFolder(program.folder);
    const stopped = gone.stop();
    this.#gone.set(gone, stopped);
    void stopped.finally(() => this.#gone.delete(gone));
  }

  #restart(files: ReadonlySet<string>): void {
    const envFiles = new Set(this.#input.env_file.map((file) => resolve(file)));
    for (const each of this.#all) {
      const file = [...files].find((path) => envFiles.has(path) || each.dependsOn(path));
      if (file === undefined) continue;
      const shown = shownIn(each.program, file);
      this.#log.say(`${shown} changed: ${each.program.name} starts again`);
      void each.renew();
    }
  }

  #changed(): void {
    for (const { files, program } of this.#all)
      this.#files?.addFiles([...files].filter((file) => file.startsWith(program.root + sep)));
    if (!this.#announced && this.#all.every(({ state }) => state !== 'starting')) {
      this.#announced = true;
      // What the programs themselves print about it comes first.
      setTimeout(() => this.#place.out.write(banner(this.#all)), 100);
    }
    if (!this.#input.watch && this.#all.every(({ state }) => state === 'ended')) this.#finish();
  }
}

/** Short for a file in the program's folder. */
const shownIn = ({ folder }: Program, file: string): string =>
  file.startsWith(folder + sep) ? file.slice(folder.length + 1) : file;

/** Files above the program's folder, in its workspace, that change how it starts. */
function settingsAbove({ folder, root }: Program): readonly string[] {
  const names = ['package.json', 'tsconfig.json'];
  for (const ending of ['ts', 'js', 'mjs', 'json']) names.push(`micro.config.${ending}`);
  const found: string[] = [];
  for (let at = folder; at !== root && at !== dirname(at);) {
    at = dirname(at);
    found.push(...names.map((name) => join(at, name)).filter((file) => existsSync(file)));
  }
  return found;
}
