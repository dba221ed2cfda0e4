/** Files that change together are told together, this many ms after the last. */
const pause = 100;
/** Where files never cease to change, they are told after so many ms. */
const longest = 1_000;

/** Gathers files that change together. */
export interface Gathering {
  note(file: string): void;
  /** Nothing more is told. */
  close(): void;
}

/** @param changed is told the files that have changed together */
export function gatherFiles(changed: (files: ReadonlySet<string>) => void): Gathering {
  let files = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  const tell = (): void => {
    const all = files;
    files = new Set();
    changed(all);
  };
  return {
    note(file) {
      if (files.size === 0) since = performance.now();
      files.add(file);
      if (performance.now() - since > longest) return;
      clearTimeout(timer);
      timer = setTimeout(tell, pause);
    },
    close: () => clearTimeout(timer),
  };
}
