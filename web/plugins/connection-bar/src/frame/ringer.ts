/** A ring tone while a call waits for the agent. */

const PERIOD_MS = 3_000;
const ON_S = 1;
const TONES_HZ = [440, 554];
const VOLUME = 0.12;

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
    this.#ring();
    this.#timer = setInterval(() => this.#ring(), PERIOD_MS);
  }

  #ring(): void {
    const context = this.#context;
    // A frame that nobody has clicked in makes no sound; the page shows the call all the same.
    if (context?.state !== "running") return;
    const start = context.currentTime;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(VOLUME, start + 0.05);
    gain.gain.setValueAtTime(VOLUME, start + ON_S - 0.1);
    gain.gain.linearRampToValueAtTime(0, start + ON_S);
    gain.connect(context.destination);
    for (const frequency of TONES_HZ) {
      const oscillator = context.createOscillator();
      oscillator.frequency.value = frequency;
      oscillator.connect(gain);
      oscillator.start(start);
      oscillator.stop(start + ON_S);
    }
  }
}
