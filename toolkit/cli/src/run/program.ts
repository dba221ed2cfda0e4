/** Something that `micro run` starts: a process of its own. */
export interface Program {
  /** What its lines are prefixed with. Unique among those that run. */
  readonly name: string;
  /** Absolute path of the file that is started. */
  readonly file: string;
  /** `main` is started as it is; of `services` the `@Service` classes are run. */
  readonly kind: 'main' | 'services';
  /** Absolute path of the package, or of the folder that was given. Variables and settings are here. */
  readonly folder: string;
  /** Absolute path of the workspace that it is part of: what it imports from there is watched. */
  readonly root: string;
}
