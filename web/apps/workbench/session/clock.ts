/** The server's clock as seen from here. */

/**
 * Learns the offset from time stamps of events. The message that travelled fastest shows the offset best, so
 * the smallest difference wins.
 */
export class ServerClock {
  #behindMs: number | null = null;

  /** @param serverMs time stamp of an event that has just arrived */
  observe(serverMs: number, localMs = Date.now()): void {
    const difference = localMs - serverMs;
    if (this.#behindMs === null || difference < this.#behindMs) this.#behindMs = difference;
  }

  readonly now = (): number => Date.now() - (this.#behindMs ?? 0);
}
