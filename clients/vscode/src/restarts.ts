/** When a server is started again: merging wishes, and counting crashes. Knows no server. */

/**
 * Runs a job one at a time. Whoever asks while it runs is served by one more run after it, however many ask: after
 * the last run, everything asked for before it began has been taken into account.
 */
export class Merged {
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(private readonly job: () => Promise<void>) {}

  run(): Promise<void> {
    if (this.#next) return this.#next;
    if (!this.#running) return this.#start();
    this.#next = this.#running
      .catch(() => undefined) // told to those who asked for that run
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  #start(): Promise<void> {
    const running = this.job().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}

/** Too many crashes within a while mean that starting again does not help. */
export class Crashes {
  #times: number[] = [];

  constructor(
    private readonly limit = 4,
    private readonly whileMs = 180_000,
    private readonly now: () => number = Date.now,
  ) {}

  /** One more; may the server be started again? */
  add(): boolean {
    const now = this.now();
    this.#times = [...this.#times.filter((time) => now - time < this.whileMs), now];
    return this.#times.length <= this.limit;
  }

  forget(): void {
    this.#times = [];
  }
}
