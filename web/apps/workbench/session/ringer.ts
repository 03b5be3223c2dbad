/** Ring tone and desktop notification. */

const ON_S = 1;
const PERIOD_MS = 3_000;
/** Two soft tones a third apart: heard through a headset, not painful after eight hours. */
const TONES_HZ = [440, 554];
const VOLUME = 0.12;

export class Ringer {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #notification: Notification | null = null;
  #device = "";

  /** Where it rings; null: the default speaker. Browsers that cannot choose use that one. */
  setDevice(id: string | null): void {
    this.#device = id ?? "";
    void this.#sink();
  }

  /** To be called from a click: browsers allow sound and ask about notifications only then. */
  unlock({ ask = true } = {}): void {
    this.#open();
    if (!ask) return;
    if (typeof Notification !== "undefined" && Notification.permission === "default") {
      void Notification.requestPermission();
    }
  }

  start({ title, body }: { title: string; body: string }): void {
    if (this.#timer !== undefined) return;
    this.#open();
    this.#ring();
    this.#timer = setInterval(() => this.#ring(), PERIOD_MS);
    if (!document.hidden || typeof Notification === "undefined" || Notification.permission !== "granted")
      return;
    this.#notification = new Notification(title, { body, tag: "opencec-call", requireInteraction: true });
    this.#notification.onclick = () => {
      window.focus();
      this.#notification?.close();
    };
  }

  /** Rings a single time. */
  once(): void {
    const context = this.#context;
    if (!context) return;
    const ring = () => this.#ring();
    if (context.state === "running") ring();
    else void context.resume().then(ring);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#notification?.close();
    this.#notification = null;
  }

  /** A browser without sound must still show the call. */
  #open(): void {
    if (typeof AudioContext === "undefined") return;
    if (!this.#context) {
      this.#context = new AudioContext();
      void this.#sink();
    }
    void this.#context.resume();
  }

  async #sink(): Promise<void> {
    const context = this.#context as (AudioContext & { setSinkId?: (id: string) => Promise<void> }) | null;
    await context?.setSinkId?.(this.#device).catch(() => undefined);
  }

  #ring(): void {
    const context = this.#context;
    if (context?.state !== "running") return;
    const gain = context.createGain();
    const start = context.currentTime;
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
