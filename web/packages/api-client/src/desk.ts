/** `/api/v1/desk`: what the workbench asks beyond the gateway. */

import { ChatsClient } from "./chats";
import { API_PATH, apiRequest } from "./console";
import { lines } from "./lines";

/** An ended contact of this agent. */
export interface DeskContact {
  callid: string;
  /** Milliseconds, as all times here; on the server's clock. */
  begin: number;
  answer: number | null;
  end: number;
  outcome: "answered" | "missed" | "rejected" | "failed";
  number: string;
  direction: "inbound" | "outbound" | "internal";
  queue: string;
  note: string;
  reasons: number[];
}

export interface ContactPage {
  contacts: DeskContact[];
  after: string | null;
}

/** A caller's choice in a menu. */
export interface PathStep {
  menu: string;
  key: string;
  text: string;
}

export interface Moment {
  state: string;
  since: number;
  /** End of wrap-up or rest; 0 = open. */
  until: number;
  now: number;
}

export interface BoardAgent {
  workno: string;
  name: string;
  role: "agent" | "inspector";
  state: "signed_out" | "idle" | "busy" | "rest" | "alerting" | "talking" | "wrap_up";
  since: number;
  busy_reason: number;
  queues: number[];
  /** Would get the next call of its queues. */
  is_available: boolean;
}

export interface BoardQueue {
  id: number;
  name: string;
  waiting: number;
  idle: number;
  signed_in: number;
}

export interface BoardCall {
  callid: string;
  state: string;
  since: number;
  direction: "inbound" | "outbound" | "internal";
  caller: string;
  called: string;
  queue: number | null;
  agents: string[];
  began_at: number;
}

export interface BoardFrame {
  now: number;
  is_whole: boolean;
  agents: BoardAgent[];
  queues: BoardQueue[];
  calls: BoardCall[];
  ended: string[];
}

/** Everything the board has told so far. */
export interface Board {
  agents: ReadonlyMap<string, BoardAgent>;
  queues: readonly BoardQueue[];
  calls: ReadonlyMap<string, BoardCall>;
}

export const EMPTY_BOARD: Board = { agents: new Map(), queues: [], calls: new Map() };

/** The board after one more frame. */
export function fold(board: Board, frame: BoardFrame): Board {
  const agents = new Map(frame.is_whole ? [] : board.agents);
  const calls = new Map(frame.is_whole ? [] : board.calls);
  for (const agent of frame.agents) agents.set(agent.workno, agent);
  for (const call of frame.calls) calls.set(call.callid, call);
  for (const callid of frame.ended) calls.delete(callid);
  return { agents, calls, queues: frame.is_whole || frame.queues.length ? frame.queues : board.queues };
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;
/** The server says something every 10 s. */
const SILENCE_MS = 25_000;

interface Who {
  workno: string;
  /** The newest GUID of the gateway session. */
  guid: () => string;
}

export class DeskClient {
  readonly #who: Who;
  readonly chats: ChatsClient;

  constructor(who: Who) {
    this.#who = who;
    this.chats = new ChatsClient(who);
  }

  async moment(): Promise<Moment> {
    return apiRequest("GET", this.#path(""), this.#signed());
  }

  async contacts(query: {
    since?: number;
    kind?: "all" | "missed";
    number?: string;
    after?: string | null;
    limit?: number;
  }): Promise<ContactPage> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return apiRequest("GET", this.#path(`/contacts?${search}`), this.#signed());
  }

  async path(callid: string): Promise<PathStep[]> {
    const path = this.#path(`/calls/${encodeURIComponent(callid)}/path`);
    return (await apiRequest<{ path: PathStep[] }>("GET", path, this.#signed())).path;
  }

  async write(callid: string, body: { note: string; reasons: number[] }): Promise<void> {
    const path = this.#path(`/contacts/${encodeURIComponent(callid)}/note`);
    await apiRequest("PUT", path, { body, ...this.#signed() });
  }

  /** Tells the board at once and at every change, over lost connections, until the returned function is called. */
  watch(onBoard: (board: Board) => void): () => void {
    const stop = new AbortController();
    void this.#follow(onBoard, stop.signal);
    return () => stop.abort();
  }

  async #follow(onBoard: (board: Board) => void, stopped: AbortSignal): Promise<void> {
    let failures = 0;
    while (!stopped.aborted) {
      const went = await this.#stream(onBoard, stopped).catch(() => false);
      failures = went ? 0 : failures + 1;
      const delay = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
      if (!stopped.aborted) await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }

  /** One connection; true when it told anything. */
  async #stream(onBoard: (board: Board) => void, stopped: AbortSignal): Promise<boolean> {
    const silent = new AbortController();
    let timer = setTimeout(() => silent.abort(), SILENCE_MS);
    let went = false;
    let board = EMPTY_BOARD;
    try {
      const response = await fetch(`${API_PATH}${this.#path("/live")}`, {
        ...this.#signed(),
        signal: AbortSignal.any([stopped, silent.signal]),
        cache: "no-store",
      });
      if (!response.ok || !response.body) return false;
      for await (const line of lines(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(), SILENCE_MS);
        went = true;
        if (!line) continue;
        board = fold(board, JSON.parse(line) as BoardFrame);
        onBoard(board);
      }
    } finally {
      clearTimeout(timer);
    }
    return went;
  }

  #path(rest: string): string {
    return `/desk/${this.#who.workno}${rest}`;
  }

  #signed(): { headers: Record<string, string> } {
    return { headers: { Guid: this.#who.guid() } };
  }
}
