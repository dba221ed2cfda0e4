/**
 * Runs work after the sockets were read once more. What waited in them while this process stood still,
 * frozen or busy, may have been given up by its callers since, and only the end of a connection tells,
 * which is read a turn later than what came before it. Counted in turns, because no time is long
 * enough on a machine that is busy.
 */
export class NextTurn {
  #works: (() => void)[] | undefined = undefined;

  run(work: () => void): void {
    this.#works?.push(work);
    if (this.#works !== undefined) return;
    const works = [work];
    this.#works = works;
    // The first immediate comes after this poll, the second after another one.
    setImmediate(() => {
      this.#works = undefined;
      setImmediate(() => {
        for (const each of works) each();
      });
    });
  }
}
