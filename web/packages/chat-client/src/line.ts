/** One websocket at a time, opened again and again until it is closed for good. */

import type { ClientFrame, ServerFrame } from "./wire";

export type Link = "down" | "connecting" | "up";

export interface LineOptions {
  url: () => string;
  /** The first frame of each connection. */
  hello: () => ClientFrame;
  onFrame: (frame: ServerFrame) => void;
  onLink: (link: Link) => void;
  random?: () => number;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const PING_MS = 20_000;
/** The server answers a ping at once: more silence than this is a dead connection. */
const SILENCE_MS = 45_000;

/** Delay before attempt `n`, from half of the doubled time to all of it, so that pages do not come in step. */
export const retryDelay = (failures: number, random: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS) * (0.5 + random / 2);

export class Line {
  readonly #options: LineOptions;
  #socket: WebSocket | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #failures = 0;
  #heardAt = 0;
  #isClosed = true;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  open(): void {
    if (!this.#isClosed) return;
    this.#isClosed = false;
    globalThis.addEventListener?.("online", this.#now);
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    globalThis.removeEventListener?.("online", this.#now);
    clearTimeout(this.#retry);
    this.#drop();
    this.#options.onLink("down");
  }

  /** Connects anew, with a new hello. */
  restart(): void {
    if (this.#isClosed) return;
    this.#drop();
    this.#later();
  }

  /** The server took the hello: what failed before is forgotten. */
  accepted(): void {
    this.#failures = 0;
    this.#options.onLink("up");
  }

  /** False when there is no open connection. */
  send(frame: ClientFrame): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  readonly #now = (): void => {
    if (this.#socket || this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#connect();
  };

  #connect(): void {
    this.#options.onLink("connecting");
    const socket = new WebSocket(this.#options.url());
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.onopen = () => socket.send(JSON.stringify(this.#options.hello()));
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      this.#heardAt = Date.now();
      const frame = parse(data);
      if (frame) this.#options.onFrame(frame);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#drop();
      this.#later();
    };
    this.#watch = setInterval(() => this.#look(socket), PING_MS);
  }

  #look(socket: WebSocket): void {
    if (Date.now() - this.#heardAt > SILENCE_MS) this.restart();
    else if (socket.readyState === WebSocket.OPEN) this.send({ type: "ping" });
  }

  #drop(): void {
    clearInterval(this.#watch);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #later(): void {
    this.#options.onLink("down");
    clearTimeout(this.#retry);
    const delay = retryDelay(this.#failures, (this.#options.random ?? Math.random)());
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), delay);
  }
}

function parse(data: unknown): ServerFrame | null {
  try {
    return JSON.parse(String(data)) as ServerFrame;
  } catch {
    return null;
  }
}
