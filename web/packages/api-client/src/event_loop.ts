/** Polls an agent's events, delivers each exactly once and in order, and survives a lost server. */

import { GatewayError, NOT_AUTHENTICATED, ServerLostError, SIGNED_OUT } from "./errors";
import type { Envelope } from "./wire";

export type LoopEnd = "signed_out" | "expired";

export interface EventLoopOptions {
  poll: (signal: AbortSignal) => Promise<Envelope | null>;
  onEvent: (event: Envelope) => void;
  /** False as soon as a poll failed, true with the first one that works again. */
  onReachable: (reachable: boolean) => void;
  /** The session is over; the loop has stopped. */
  onEnd: (end: LoopEnd) => void;
  /** Fingerprints of events delivered before a reload. */
  seen?: readonly string[];
  wait?: (ms: number) => Promise<void>;
}

export const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;
/** After an empty answer; a server that does not hold polls must not be hammered. */
const AFTER_EMPTY_MS = 300;
/** A single answer 000-003 can be an accident of a GUID that just changed. */
const REFUSALS_ALLOWED = 2;
const REMEMBERED = 32;

/**
 * Names an event by everything in it.
 *
 * The interface has no acknowledgement: after a crash of the server its last event may come again, unchanged.
 */
export function fingerprint(event: Envelope): string {
  return JSON.stringify([event.eventType, event.workNo, event.eventGenTime ?? null, event.content]);
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class EventLoop {
  readonly #options: EventLoopOptions;
  readonly #abort = new AbortController();
  readonly #wait: (ms: number) => Promise<void>;
  #seen: string[];
  #failures = 0;
  #refusals = 0;

  constructor(options: EventLoopOptions) {
    this.#options = options;
    this.#seen = [...(options.seen ?? [])];
    this.#wait = options.wait ?? sleep;
  }

  /** Fingerprints to keep over a reload. */
  get seen(): readonly string[] {
    return this.#seen;
  }

  /** Runs until the session ends or `stop` is called. */
  async run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const pause = await this.#turn();
      if (pause > 0 && !this.#abort.signal.aborted) await this.#wait(pause);
    }
  }

  stop(): void {
    this.#abort.abort();
  }

  /** One poll; returns how long to wait before the next one, in milliseconds. */
  async #turn(): Promise<number> {
    try {
      const event = await this.#options.poll(this.#abort.signal);
      if (this.#abort.signal.aborted) return 0;
      this.#worked();
      if (!event) return AFTER_EMPTY_MS;
      this.#deliver(event);
      return 0;
    } catch (error) {
      if (this.#abort.signal.aborted) return 0;
      return this.#failed(error);
    }
  }

  #worked(): void {
    this.#refusals = 0;
    if (this.#failures > 0) this.#options.onReachable(true);
    this.#failures = 0;
  }

  #deliver(event: Envelope): void {
    const name = fingerprint(event);
    // Without a time stamp two equal events cannot be told apart, so both count.
    if (event.eventGenTime !== undefined) {
      if (this.#seen.includes(name)) return;
      this.#seen = [...this.#seen.slice(1 - REMEMBERED), name];
    }
    this.#options.onEvent(event);
  }

  #failed(error: unknown): number {
    if (error instanceof GatewayError && error.code === SIGNED_OUT) return this.#end("signed_out");
    if (error instanceof GatewayError && error.code === NOT_AUTHENTICATED) {
      this.#refusals += 1;
      if (this.#refusals > REFUSALS_ALLOWED) return this.#end("expired");
    }
    if (error instanceof ServerLostError && this.#failures === 0) this.#options.onReachable(false);
    const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
    this.#failures += 1;
    return delay;
  }

  #end(end: LoopEnd): number {
    this.stop();
    this.#options.onEnd(end);
    return 0;
  }
}
