/**
 * What outlives a reload: the session, what was received, and what was not acknowledged yet.
 *
 * Each unacknowledged frame is an entry of its own, so that two tabs of one customer do not overwrite each other's.
 */

import type { ChatMessage, ChatStatus, KeyedFrame, Session } from "./wire";

export interface KeptSession {
  session: Session;
  /** Milliseconds UTC. */
  expiresAt: number;
  /** Number of the last message received. */
  cursor: number;
  messages: ChatMessage[];
  status: ChatStatus;
  /** Number of the last message that the agent has read. */
  seen: number;
}

export interface Outgoing {
  frame: KeyedFrame;
  /** When the customer wrote it; milliseconds UTC. */
  at: number;
  /** Why the server did not take it. */
  refused?: { code: string; message: string };
}

type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Older ones are on the server. */
const MESSAGES_KEPT = 200;

export class ChatMemory {
  readonly #storage: Storage | null;
  readonly #name: string;

  /** @param storage null where the browser forbids it: a reload then starts anew. */
  constructor(storage: Storage | null, channel: string) {
    this.#storage = storage;
    this.#name = `opencec.chat.${channel}`;
  }

  read(): KeptSession | null {
    return this.#parse<KeptSession>(this.#name);
  }

  write(kept: KeptSession): void {
    this.#put(this.#name, { ...kept, messages: kept.messages.slice(-MESSAGES_KEPT) });
  }

  /** Unacknowledged frames, in the order in which they were made. */
  outbox(): Outgoing[] {
    const found: Outgoing[] = [];
    const prefix = `${this.#name}.out.`;
    for (let index = 0; index < (this.#storage?.length ?? 0); index += 1) {
      const name = this.#storage?.key(index) ?? "";
      const entry = name.startsWith(prefix) ? this.#parse<Outgoing>(name) : null;
      if (entry) found.push(entry);
    }
    return found.sort((a, b) => a.at - b.at);
  }

  keep(entry: Outgoing): void {
    this.#put(this.#entryName(entry.frame.key), entry);
  }

  drop(key: string): void {
    try {
      this.#storage?.removeItem(this.#entryName(key));
    } catch {
      // A storage that forbids this has kept nothing either.
    }
  }

  clear(): void {
    for (const entry of this.outbox()) this.drop(entry.frame.key);
    try {
      this.#storage?.removeItem(this.#name);
    } catch {
      // As above.
    }
  }

  #entryName(key: string): string {
    return `${this.#name}.out.${key}`;
  }

  #put(name: string, value: unknown): void {
    try {
      this.#storage?.setItem(name, JSON.stringify(value));
    } catch {
      // Full or forbidden: the page goes on, a reload loses what the server does not have yet.
    }
  }

  #parse<Value>(name: string): Value | null {
    try {
      return JSON.parse(this.#storage?.getItem(name) ?? "null") as Value | null;
    } catch {
      return null;
    }
  }
}
