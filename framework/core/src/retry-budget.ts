const floor = 100;
const earned = 0.1;

/**
 * What retries may cost, so that a failing system is not buried under them: a call earns a tenth of
 * an attempt, an attempt takes one. The floor lets a cold client outlive the loss of a node with all
 * that was in flight there.
 */
export class RetryBudget {
  #tokens = floor;
  #most = floor;
  #inFlight = 0;

  /** A call begins. */
  begin(): void {
    this.#inFlight++;
    if (this.#inFlight > this.#most) this.#most = this.#inFlight;
    if (this.#tokens < this.#most) this.#tokens = Math.min(this.#most, this.#tokens + earned);
  }

  end(): void {
    this.#inFlight--;
  }

  /** Takes the price of one more attempt; `false` if there is not enough. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
