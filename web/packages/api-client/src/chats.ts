/**
 * An agent's chats: `/api/v1/desk/{workno}/chats...`, files, quick replies, and the stream of everything that happens.
 *
 * Messages are numbered over the whole tenant. The stream starts behind the number that the page has, so each message
 * comes once, over lost connections and reloads; what the page sends carries a key and counts once as well.
 */

import { API_PATH, apiRequest } from "./console";
import { lines } from "./lines";

export type ChatMedia = "TEXT" | "IMAGE" | "AUDIO" | "VIDEO" | "DOCUMENT";

export interface ChatFile {
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  type: string;
  thumbnail?: boolean | string | null;
}

export interface ChatMessage {
  number: number;
  messageCode: string;
  /** Milliseconds UTC. */
  at: number;
  source: "customer" | "agent" | "robot" | "system";
  senderName: string;
  mediaType: ChatMedia;
  content: string;
  file?: ChatFile | null;
  /** The sender's key, for messages of this agent. */
  key?: string | null;
}

export type ChatStage = "offered" | "talking" | "offline";

export interface DeskChat {
  contact: string;
  state: ChatStage;
  queue: number;
  channel: string;
  /** `WEB`, `EMAIL` ... */
  channelType: string;
  customer: string;
  customerName: string;
  /** When the customer came; milliseconds UTC. */
  arrivedAt: number;
  /** Since when the customer waits for a word; null: the last word was ours. */
  waitingSince: number | null;
  unread: number;
  lastMessage: ChatMessage | null;
  /** Number of the last message that the customer has read. */
  readNumber: number;
  /** An offer ends then; milliseconds UTC. */
  offerUntil?: number | null;
  /** A transfer that waits for its target. */
  transferTo?: string | null;
  /** What came with the chat: of a message that was left, how to reach its writer. */
  data?: string;
  /** What the customer wrote while nobody was there. */
  isOffline?: boolean;
}

export interface DeskChats {
  chats: DeskChat[];
  /** How many at once; `most` is what the administrator allows. */
  capacity: { count: number; most: number };
  /** The stream goes on behind this number. */
  after: number;
}

export type ChatFrame =
  | ({ type: "chat" } & DeskChat)
  | ({ type: "message"; contact: string } & ChatMessage)
  | { type: "typing"; contact: string; on: boolean }
  | { type: "read"; contact: string; number: number }
  | { type: "gone"; contact: string; reason?: string }
  | { type: "beat" };

export interface MessagePage {
  messages: ChatMessage[];
}

/** One contact of a customer, over any medium. */
export interface HistoryRow {
  contact: string;
  medium: "audio" | "video" | "text";
  channelType: string;
  queue: number;
  begin: number;
  end: number | null;
  agents: string[];
  note?: string;
  rating?: number | null;
}

export interface HistoryPage {
  contacts: HistoryRow[];
  /** Pass it as `before` for what is older; null: that was all. */
  before: string | null;
}

export interface Phrase {
  id: string;
  title: string;
  text: string;
  isOwn: boolean;
}

export interface ChatPost {
  key: string;
  mediaType: ChatMedia;
  content: string;
  /** Id of an uploaded file. */
  file?: string;
}

export interface ChatTransfer {
  kind: "queue" | "agent";
  address: string;
  mode: "release" | "success";
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;
/** The server says something every 10 s. */
const SILENCE_MS = 25_000;

export interface ChatsWho {
  workno: string;
  /** The newest GUID of the gateway session. */
  guid: () => string;
}

export class ChatsClient {
  readonly #who: ChatsWho;

  constructor(who: ChatsWho) {
    this.#who = who;
  }

  list(): Promise<DeskChats> {
    return apiRequest("GET", this.#path("/chats"), this.#signed());
  }

  /** Oldest first. Without a number: the newest ones. */
  async messages(contact: string, query: { before?: number; after?: number; limit?: number }) {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const path = this.#chat(contact, `messages?${search}`);
    return (await apiRequest<MessagePage>("GET", path, this.#signed())).messages;
  }

  history(channel: string, customer: string, before: string | null): Promise<HistoryPage> {
    const search = new URLSearchParams({ limit: "20", ...(before ? { before } : {}) });
    const of = `${encodeURIComponent(channel)}/${encodeURIComponent(customer)}`;
    return apiRequest("GET", this.#path(`/customers/${of}/history?${search}`), this.#signed());
  }

  post(contact: string, message: ChatPost): Promise<ChatMessage> {
    return apiRequest("POST", this.#chat(contact, "messages"), { body: message, ...this.#signed() });
  }

  answer = (contact: string) => this.#do(contact, "answer");
  reject = (contact: string) => this.#do(contact, "reject");
  end = (contact: string) => this.#do(contact, "end");
  inviteRating = (contact: string) => this.#do(contact, "invite-rating");
  read = (contact: string, number: number) => this.#do(contact, "read", { number });
  typing = (contact: string, on: boolean) => this.#do(contact, "typing", { on });
  transfer = (contact: string, target: ChatTransfer) => this.#do(contact, "transfer", target);

  /** What the agent writes down about the contact; the customer never sees it. */
  note = (contact: string, note: string) =>
    apiRequest<void>("PUT", this.#chat(contact, "note"), { body: { note }, ...this.#signed() });

  async phrases(): Promise<Phrase[]> {
    const path = this.#path("/phrases");
    return (await apiRequest<{ phrases: Phrase[] }>("GET", path, this.#signed())).phrases;
  }

  keepPhrase = (phrase: Pick<Phrase, "id" | "title" | "text">) =>
    apiRequest<void>("PUT", this.#path(`/phrases/${encodeURIComponent(phrase.id)}`), {
      body: { title: phrase.title, text: phrase.text },
      ...this.#signed(),
    });

  dropPhrase = (id: string) =>
    apiRequest<void>("DELETE", this.#path(`/phrases/${encodeURIComponent(id)}`), this.#signed());

  setCapacity = (count: number) =>
    apiRequest<void>("PUT", this.#path("/chat-capacity"), { body: { count }, ...this.#signed() });

  /** Where files go, and with which headers: for an upload that tells its progress. */
  uploadTo(): { url: string; headers: Record<string, string> } {
    return { url: `${API_PATH}${this.#path("/files")}`, ...this.#signed() };
  }

  /** Where a file's content is, and the headers to ask for it. */
  fileAt(id: string, { thumbnail = false } = {}): { url: string; headers: Record<string, string> } {
    const path = this.#path(`/files/${encodeURIComponent(id)}${thumbnail ? "?thumbnail=1" : ""}`);
    return { url: `${API_PATH}${path}`, ...this.#signed() };
  }

  /**
   * Tells everything behind `after()` as it happens, over lost connections, until the returned function is called.
   *
   * @param onBreak a connection ended: what is no message may have been missed
   */
  watch(given: {
    after: () => number;
    onFrame: (frame: ChatFrame) => void;
    onBreak: () => void;
  }): () => void {
    const stop = new AbortController();
    void this.#follow(given, stop.signal);
    return () => stop.abort();
  }

  async #follow(given: Parameters<ChatsClient["watch"]>[0], stopped: AbortSignal): Promise<void> {
    let failures = 0;
    while (!stopped.aborted) {
      const went = await this.#stream(given, stopped).catch(() => false);
      failures = went ? 0 : failures + 1;
      const delay = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
      if (stopped.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, delay * (0.5 + Math.random() / 2)));
      if (!stopped.aborted) given.onBreak();
    }
  }

  /** One connection; true when it told anything. */
  async #stream(given: Parameters<ChatsClient["watch"]>[0], stopped: AbortSignal): Promise<boolean> {
    const silent = new AbortController();
    let timer = setTimeout(() => silent.abort(), SILENCE_MS);
    let went = false;
    try {
      const response = await fetch(`${API_PATH}${this.#path(`/chats/live?after=${given.after()}`)}`, {
        ...this.#signed(),
        signal: AbortSignal.any([stopped, silent.signal]),
        cache: "no-store",
      });
      if (!response.ok || !response.body) return false;
      for await (const line of lines(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(), SILENCE_MS);
        went = true;
        if (line && !stopped.aborted) given.onFrame(JSON.parse(line) as ChatFrame);
      }
    } finally {
      clearTimeout(timer);
    }
    return went;
  }

  #do(contact: string, what: string, body: object = {}): Promise<void> {
    return apiRequest("POST", this.#chat(contact, what), { body, ...this.#signed() });
  }

  #chat(contact: string, rest: string): string {
    return this.#path(`/chats/${encodeURIComponent(contact)}/${rest}`);
  }

  #path(rest: string): string {
    return `/desk/${this.#who.workno}${rest}`;
  }

  #signed(): { headers: Record<string, string> } {
    return { headers: { Guid: this.#who.guid() } };
  }
}
