/** A job that is put off while new reasons for it keep coming. */

export class Delayed {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly job: () => void) {}

  /** Runs the job after so many milliseconds without another call. */
  in(delayMs: number): void {
    this.cancel();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.job();
    }, delayMs);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
