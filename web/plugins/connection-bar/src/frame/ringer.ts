/** A ring tone while a call waits for the agent. */

import { RING_PERIOD_MS, ringOnce } from "@opencec/softphone";

export class Ringer {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Rings or not; saying the same twice changes nothing. */
  set(ringing: boolean): void {
    if (ringing === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!ringing) return;
    this.#context ??= new AudioContext();
    void this.#context.resume();
    ringOnce(this.#context);
    this.#timer = setInterval(() => ringOnce(this.#context), RING_PERIOD_MS);
  }
}
