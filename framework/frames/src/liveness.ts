/** How patient one side is. Times in ms; the others in beats. */
export interface Patience {
  /** Time between two beats while an answer is awaited. */
  readonly beat: number;
  /** Beats without a byte, after which the peer is asked. */
  readonly ask: number;
  /** Beats without a byte, after which it is suspect. */
  readonly suspect: number;
  /** Beats without a byte, after which it is given up. */
  readonly lost: number;
  /** Beats without a byte leaving, after which a reader that stands still is given up. */
  readonly stalled: number;
  /** Time without a byte, after which an idle peer is asked. */
  readonly idle: number;
}

/** Asks at 250 ms, suspects at 500 ms, gives up at 10 s. */
export const clientPatience: Patience = {
  beat: 125,
  ask: 2,
  suspect: 4,
  lost: 80,
  stalled: 240,
  idle: 15_000,
};

/** Clients ask while they are idle, so a server does only when they do not. */
export const serverPatience: Patience = {
  beat: 1_000,
  ask: 2,
  suspect: 4,
  lost: 9,
  stalled: 30,
  idle: 30_000,
};

/** What liveness watches. */
export interface Watched {
  /** An answer is awaited, or somebody works for the peer. */
  readonly busy: boolean;
  /** The peer is not read at the moment, so that its silence means nothing. */
  readonly deaf: boolean;
  /** Output waits, and none has left since the last beat. Asked once in each beat. */
  stalled(): boolean;
  ask(): void;
  suspect(): void;
  recover(): void;
  lost(reason: string): void;
  /** Nothing is going on; memory can be let go. */
  rest(): void;
}

/** Beats without anything to wait for, before the timer slows down. */
const calmBeats = 8;

/**
 * Notices that a peer is silent. It counts beats, never time: after a second in which this process
 * was blocked or stopped, one beat has passed. And a beat counts only after the sockets were polled,
 * so that what has arrived in the meantime is heard first.
 */
export class Liveness {
  readonly #watched: Watched;
  readonly #patience: Patience;
  #timer: NodeJS.Timeout | undefined = undefined;
  #fast = false;
  #heard = false;
  #silent = 0;
  #stalled = 0;
  #calm = 0;
  #asked = false;
  #suspect = false;

  constructor(watched: Watched, patience: Patience) {
    this.#watched = watched;
    this.#patience = patience;
  }

  /** Something was read. */
  hear(): void {
    this.#heard = true;
    if (!this.#suspect) return;
    this.#suspect = false;
    this.#watched.recover();
  }

  /** Something is awaited from now on; cheap, and called for each call. */
  wake(): void {
    if (this.#fast) return;
    this.#silent = this.#stalled = this.#calm = 0;
    this.#heard = false;
    this.#start(true);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Nothing wakes it any more.
    this.#fast = true;
  }

  /** Slow, until something is awaited. */
  relax(): void {
    this.#heard = false;
    this.#start(false);
  }

  #start(fast: boolean): void {
    clearTimeout(this.#timer);
    this.#fast = fast;
    const [beat, after] = fast
      ? [this.#onBeat, this.#patience.beat]
      : [this.#onIdle, this.#patience.idle];
    // The socket keeps the process alive as long as it should be.
    this.#timer = setTimeout(beat, after).unref();
  }

  readonly #onIdle = (): void => {
    if (this.#watched.busy || !this.#heard) {
      this.wake();
      this.#ask();
    } else {
      this.relax();
    }
  };

  readonly #onBeat = (): void => {
    this.#timer?.refresh();
    if (this.#heard) {
      this.#heard = this.#asked = false;
      this.#silent = 0;
      this.#beatStall();
      if (this.#watched.busy) this.#calm = 0;
      else if (++this.#calm >= calmBeats) this.#calmDown();
    } else {
      setImmediate(this.#afterPoll);
    }
  };

  readonly #afterPoll = (): void => {
    if (this.#timer === undefined || this.#heard) return;
    this.#beatStall();
    if (this.#watched.busy || this.#asked) {
      // What began during this beat has not waited for a whole one.
      if (this.#calm === 0 && !this.#watched.deaf) this.#beatSilence();
      this.#calm = 0;
    } else {
      this.#silent = 0;
      if (++this.#calm >= calmBeats) this.#calmDown();
    }
  };

  #beatSilence(): void {
    const { ask, suspect, lost } = this.#patience;
    this.#silent++;
    if (this.#silent === ask && !this.#asked) this.#ask();
    if (this.#silent === suspect) {
      this.#suspect = true;
      this.#watched.suspect();
    }
    if (this.#silent === lost) this.#watched.lost('the peer is silent');
  }

  #beatStall(): void {
    this.#stalled = this.#watched.stalled() ? this.#stalled + 1 : 0;
    if (this.#stalled === this.#patience.stalled) this.#watched.lost('the peer does not read');
  }

  #ask(): void {
    this.#asked = true;
    this.#watched.ask();
  }

  #calmDown(): void {
    this.#watched.rest();
    this.relax();
  }
}
