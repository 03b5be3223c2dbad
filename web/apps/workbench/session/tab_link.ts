/** Tabs of one agent talk to each other: the one that holds the phone tells, the others show. */

import type { Kept } from "./storage";

type Message = { kind: "ask" } | { kind: "state"; kept: Kept | null };

export class TabLink {
  readonly #channel: BroadcastChannel;
  /** The latest that was told or heard. */
  kept: Kept | null = null;

  /** @param onState the other tab's session changed; null when it is over */
  constructor(workno: string, onState: (kept: Kept | null) => void) {
    this.#channel = new BroadcastChannel(`opencec-workbench-${workno}`);
    let telling = true;
    this.ask = () => {
      telling = false;
      this.#channel.postMessage({ kind: "ask" } satisfies Message);
    };
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === "ask") {
        if (telling && this.kept) this.tell(this.kept);
      } else if (!telling) {
        this.kept = data.kept;
        onState(data.kept);
      }
    };
  }

  /** Becomes a listener and asks for the current state. */
  readonly ask: () => void;

  tell(kept: Kept | null): void {
    this.kept = kept;
    this.#channel.postMessage({ kind: "state", kept } satisfies Message);
  }

  close(): void {
    this.#channel.close();
  }
}
