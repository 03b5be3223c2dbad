/** Plays the far end's audio. */

/** `setSinkId` is missing in some browsers; there the default speaker is used. */
type Player = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

export class AudioOut {
  readonly #onBlocked: (blocked: boolean) => void;
  #player: Player | null = null;
  #deviceId = "";

  /** @param onBlocked told true when the browser refuses to play without a click, false when sound is on. */
  constructor(onBlocked: (blocked: boolean) => void) {
    this.#onBlocked = onBlocked;
  }

  attach(stream: MediaStream): void {
    const player: Player = this.#player ?? new Audio();
    this.#player = player;
    player.autoplay = true;
    player.srcObject = stream;
    if (this.#deviceId) void player.setSinkId?.(this.#deviceId).catch(() => undefined);
    this.play();
  }

  play(): void {
    this.#player
      ?.play()
      .then(() => this.#onBlocked(false))
      .catch((error: unknown) => {
        // AbortError only means that a newer stream took over.
        if (error instanceof Error && error.name === "NotAllowedError") this.#onBlocked(true);
      });
  }

  async setDevice(id: string | null): Promise<void> {
    this.#deviceId = id ?? "";
    await this.#player?.setSinkId?.(this.#deviceId).catch(() => undefined);
  }

  stop(): void {
    if (!this.#player) return;
    this.#player.pause();
    this.#player.srcObject = null;
  }
}
