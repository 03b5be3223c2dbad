/** Ring tone and desktop notification. */

import { RING_PERIOD_MS, ringOnce } from "@opencec/softphone";

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
    ringOnce(this.#context);
    this.#timer = setInterval(() => ringOnce(this.#context), RING_PERIOD_MS);
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
    const ring = () => ringOnce(context);
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
}
