/** SIP over WebSocket (RFC 7118) that reconnects by itself: first within 250 ms, then at ever longer intervals. */

/** What JsSIP expects of a transport; its own class waits whole seconds before it reconnects. */
export interface SipSocket {
  via_transport: string;
  readonly url: string;
  readonly sip_uri: string;
  connect(): void;
  disconnect(): void;
  send(message: string): boolean;
  isConnected(): boolean;
  isConnecting(): boolean;
  onconnect(): void;
  ondisconnect(error: boolean, code?: number, reason?: string): void;
  ondata(data: unknown): void;
}

export const FIRST_RETRY_MS = 250;
export const LONGEST_RETRY_MS = 5_000;
/** RFC 5626 4.4.1 keep-alive: a double CRLF, answered by a single one. */
const PING = "\r\n\r\n";
const PONG = "\r\n";
const PING_EVERY_MS = 15_000;
const PONG_WITHIN_MS = 5_000;
/** When the browser says that its network is another one, an answer must come sooner. */
const PONG_SOON_MS = 2_000;

/**
 * Delay before reconnection attempt `attempt` (0 = first), in milliseconds: half of it is left to chance, so that all
 * the browsers of a server that was away do not come back in the same instant.
 *
 * @param chance in [0, 1)
 */
export function retryDelay(attempt: number, chance: number = Math.random()): number {
  return Math.min(FIRST_RETRY_MS * 2 ** attempt, LONGEST_RETRY_MS) * (0.5 + chance / 2);
}

/** Tells of a change between networks that is no loss of all of them; not every browser has it. */
const networkInformation = (): EventTarget | undefined =>
  (globalThis.navigator as { connection?: EventTarget } | undefined)?.connection;

/**
 * A WebSocket that JsSIP sees go down and come up again.
 *
 * JsSIP's transport binds its callbacks once and accepts `onconnect` at any time later, so the back-off lives
 * here and JsSIP's own slower timer is cancelled by the `onconnect` that precedes it.
 */
export class ReconnectingSocket implements SipSocket {
  via_transport: string;
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (data: unknown) => void = () => {};

  #socket: WebSocket | null = null;
  #wanted = false;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  #serverAnswersPings = false;

  constructor(url: string) {
    const parsed = new URL(url);
    this.url = url;
    this.via_transport = parsed.protocol === "wss:" ? "WSS" : "WS";
    this.sip_uri = `sip:${parsed.host};transport=ws`;
  }

  connect(): void {
    this.#wanted = true;
    for (const name of ["online", "offline"]) globalThis.addEventListener?.(name, this.#networkChanged);
    networkInformation()?.addEventListener("change", this.#networkChanged);
    if (!this.#socket && this.#retry === undefined) this.#open();
  }

  disconnect(): void {
    this.#wanted = false;
    for (const name of ["online", "offline"]) globalThis.removeEventListener?.(name, this.#networkChanged);
    networkInformation()?.removeEventListener("change", this.#networkChanged);
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#attempt = 0;
    this.#drop()?.close();
  }

  send(message: string): boolean {
    if (!this.isConnected()) return false;
    this.#socket?.send(message);
    return true;
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING || this.#retry !== undefined;
  }

  #open(): void {
    this.#retry = undefined;
    const socket = new WebSocket(this.url, "sip");
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#attempt = 0;
      this.#startPings();
      this.onconnect();
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ wasClean, code, reason }) => {
      this.#drop();
      if (opened) this.ondisconnect(!wasClean, code, reason);
      if (this.#wanted) this.#later();
    };
  }

  /** Forgets the socket without waiting for its close handshake, and returns it. */
  #drop(): WebSocket | null {
    const socket = this.#socket;
    this.#socket = null;
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
    this.#pong = undefined;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    return socket;
  }

  #later(): void {
    this.#retry = setTimeout(() => this.#open(), retryDelay(this.#attempt));
    this.#attempt += 1;
  }

  /** Waits no longer to connect; a connection that may be dead has to prove that it lives. */
  readonly #networkChanged = ({ type }: Event): void => {
    if (this.isConnected()) this.#probe(PONG_SOON_MS);
    else if (this.#retry !== undefined && type !== "offline") {
      clearTimeout(this.#retry);
      this.#attempt = 0;
      this.#open();
    }
  };

  #receive(data: unknown): void {
    if (data === PONG) {
      this.#serverAnswersPings = true;
      clearTimeout(this.#pong);
      this.#pong = undefined;
      return;
    }
    this.ondata(data);
  }

  /** A dead network keeps a WebSocket "open" for minutes; unanswered pings reveal it within 20 s. */
  #startPings(): void {
    this.#ping = setInterval(() => this.#pong === undefined && this.#probe(PONG_WITHIN_MS), PING_EVERY_MS);
    this.#probe(PONG_WITHIN_MS);
  }

  #probe(withinMs: number): void {
    this.send(PING);
    if (!this.#serverAnswersPings) return;
    clearTimeout(this.#pong);
    this.#pong = setTimeout(() => this.#giveUp(), withinMs);
  }

  #giveUp(): void {
    this.#drop()?.close();
    this.ondisconnect(true, 1006, "no answer to keep-alive");
    if (this.#wanted && this.#retry === undefined) this.#later();
  }
}
