/**
 * One customer's chat: everything a page shows of it, and everything the customer can do.
 *
 * What changes something goes into the outbox first, is sent in order, and leaves it with the server's answer; after a
 * lost connection or a reload it is sent again under the same key. What comes in moves the cursor, so nothing is lost and
 * nothing is shown twice.
 */

import { type ChatError, download, openSession, upload } from "./http";
import { Line, type Link } from "./line";
import { ChatMemory, type Outgoing } from "./memory";
import type {
  ChannelInfo,
  ChatFile,
  ChatMessage,
  ChatStatus,
  KeyedFrame,
  MediaType,
  Rating,
  ServerFrame,
  Session,
  SessionRequest,
} from "./wire";

export interface Uploading {
  key: string;
  name: string;
  /** 0 to 1. */
  part: number;
  failed: string | null;
}

export interface ChatView {
  /** `idle`: nothing was opened; `opening`: the session is asked for; `open`: it is there, connected or not. */
  phase: "idle" | "opening" | "open" | "refused";
  link: Link;
  channel: ChannelInfo | null;
  status: ChatStatus;
  messages: readonly ChatMessage[];
  /** Written, not acknowledged. */
  outgoing: readonly Outgoing[];
  uploads: readonly Uploading[];
  /** The agent is writing. */
  typing: boolean;
  /** Number of the last message that the agent has read. */
  seen: number;
  /** The customer is asked how it was. */
  survey: "no" | "asked" | "given";
  /** A message was left for later. */
  isLeft: boolean;
  failure: { code: string; message: string } | null;
}

export interface ChatOptions {
  /** Origin of the contact centre: `https://cc.example.com`. */
  server: string;
  request: SessionRequest;
  /** A session that the page has already. */
  session?: Session;
  storage?: Storage | null;
  random?: () => number;
}

/** Codes with which the server says that a token is over. */
const TOKEN_OVER = /token|session|unauthori[sz]ed/;
const TYPING_SHOWN_MS = 6_000;
const TYPING_EVERY_MS = 3_000;

export class ChatClient {
  readonly #options: ChatOptions;
  readonly #memory: ChatMemory;
  readonly #line: Line;
  readonly #listeners = new Set<() => void>();
  #session: Session | null = null;
  #expiresAt = 0;
  #cursor = 0;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #typingToldAt = 0;
  #readTold = 0;
  #lastAt = 0;
  #view: ChatView;

  constructor(options: ChatOptions) {
    this.#options = options;
    const storage = options.storage === undefined ? browserStorage() : options.storage;
    this.#memory = new ChatMemory(storage, options.request.channel);
    this.#view = {
      phase: "idle",
      link: "down",
      channel: null,
      status: { state: "none" },
      messages: [],
      outgoing: [],
      uploads: [],
      typing: false,
      seen: 0,
      survey: "no",
      isLeft: false,
      failure: null,
    };
    this.#line = new Line({
      url: () => `${options.server.replace(/^http/, "ws")}/chat/v1/socket`,
      hello: () => ({ type: "hello", token: this.#session?.token ?? "", after: this.#cursor }),
      onFrame: (frame) => this.#hear(frame),
      onLink: (link) => this.#set({ link }),
      random: options.random,
    });
    this.#restore();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): ChatView => this.#view;

  /** There is something from before a reload: a chat that goes on, or words that were not sent. */
  get isUnfinished(): boolean {
    const { state } = this.#view.status;
    return this.#view.outgoing.length > 0 || state === "queued" || state === "talking" || state === "offline";
  }

  /** Opens the session, if need be, and the connection. What fails here is in the view. */
  async open(): Promise<void> {
    if (this.#view.phase === "opening" || (this.#view.phase === "open" && this.#view.link !== "down")) return;
    this.#set({ phase: "opening", failure: null });
    try {
      if (!this.#session || this.#expiresAt <= Date.now()) await this.#newSession();
    } catch (error) {
      const { code, message } = error as ChatError;
      this.#set({ phase: "refused", failure: { code: code ?? "lost", message } });
      return;
    }
    this.#set({ phase: "open", channel: this.#session?.channel ?? null });
    this.#line.open();
  }

  /** Leaves the page's chat as it is; another page can go on with it. */
  close(): void {
    this.#line.close();
    clearTimeout(this.#typingTimer);
    this.#set({ phase: "idle" });
  }

  /** Asks for an agent. */
  connect(): void {
    this.#set({ survey: "no", isLeft: false, failure: null });
    this.#post({ type: "connect", key: newKey() });
  }

  say(text: string): void {
    const content = text.trim();
    if (content) this.#say({ mediaType: "TEXT", content });
  }

  /** Uploads a file, then says it. Progress and failure are in `uploads`. */
  async sendFile(file: File): Promise<void> {
    const key = newKey();
    const limit = this.#view.channel?.maxUploadBytes ?? 0;
    this.#set({ uploads: [...this.#view.uploads, { key, name: file.name, part: 0, failed: null }] });
    if (limit && file.size > limit) {
      this.#uploading(key, { failed: "too_large" });
      return;
    }
    const { done } = upload(`${this.#options.server}/chat/v1/files`, file, {
      name: file.name,
      headers: this.#bearer(),
      onProgress: (part) => this.#uploading(key, { part }),
    });
    try {
      const { id, type, name } = await done;
      this.#say({ mediaType: mediaTypeOf(type), content: id, fileName: name });
      this.dismissUpload(key);
    } catch (error) {
      this.#uploading(key, { failed: (error as ChatError).code ?? "lost" });
    }
  }

  dismissUpload(key: string): void {
    this.#set({ uploads: this.#view.uploads.filter((each) => each.key !== key) });
  }

  /** A file's content, or its small picture. @throws ChatError */
  fetchFile(file: ChatFile, { thumbnail = false } = {}): Promise<Blob> {
    const query = thumbnail && file.thumbnail ? "?thumbnail=1" : "";
    return download(
      `${this.#options.server}/chat/v1/files/${encodeURIComponent(file.id)}${query}`,
      this.#bearer(),
    );
  }

  /** The customer writes; told at most every few seconds. */
  typing(on: boolean): void {
    const now = Date.now();
    if (on && now - this.#typingToldAt < TYPING_EVERY_MS) return;
    this.#typingToldAt = on ? now : 0;
    if (this.#view.status.state === "talking") this.#line.send({ type: "typing", on });
  }

  /** The customer has seen everything that came. */
  read(): void {
    if (this.#cursor <= this.#readTold) return;
    if (this.#line.send({ type: "read", number: this.#cursor })) this.#readTold = this.#cursor;
  }

  end(): void {
    this.#post({ type: "end", key: newKey() });
  }

  leaveMessage(phone: string, text: string): void {
    this.#post({ type: "leaveMessage", key: newKey(), phone, text });
  }

  rate(rating: Rating): void {
    this.#post({ type: "rate", key: newKey(), ...rating });
    this.#set({ survey: "given" });
  }

  skipSurvey(): void {
    this.#set({ survey: "no" });
  }

  /** A frame that was refused, once more under a new key. */
  again(key: string): void {
    const found = this.#view.outgoing.find(({ frame }) => frame.key === key);
    this.discard(key);
    if (found) this.#post({ ...found.frame, key: newKey() });
  }

  discard(key: string): void {
    this.#memory.drop(key);
    this.#set({ outgoing: this.#view.outgoing.filter(({ frame }) => frame.key !== key) });
  }

  /** Forgets this customer on this device. */
  forget(): void {
    this.close();
    this.#memory.clear();
    this.#session = null;
    this.#cursor = 0;
    this.#readTold = 0;
    this.#set({ messages: [], outgoing: [], uploads: [], status: { state: "none" }, survey: "no", seen: 0 });
  }

  #restore(): void {
    const kept = this.#memory.read();
    const given = this.#options.session ?? null;
    const isSame = kept && (given ? given.userId === kept.session.userId : this.#isOf(kept.session));
    if (isSame) {
      this.#session = kept.session;
      this.#expiresAt = kept.expiresAt;
      this.#cursor = kept.cursor;
      const { messages, status, seen, session } = kept;
      this.#set({ messages, status, seen, channel: session.channel, outgoing: this.#memory.outbox() });
    } else this.#memory.clear();
    if (given) this.#take(given);
  }

  /** What a named customer left on this device is not for the next one. */
  #isOf(session: Session): boolean {
    const { userId } = this.#options.request;
    return !userId || userId === session.userId;
  }

  #take(session: Session): void {
    if (this.#session && this.#session.userId !== session.userId) {
      this.#cursor = 0;
      this.#set({ messages: [], status: { state: "none" }, seen: 0 });
    }
    this.#session = session;
    this.#expiresAt = Date.now() + session.expiresIn * 1000;
    this.#set({ channel: session.channel });
    this.#keep();
  }

  async #newSession(): Promise<void> {
    this.#take(await openSession(this.#options.server, this.#options.request));
  }

  #say(message: { mediaType: MediaType; content: string; fileName?: string }): void {
    const { state } = this.#view.status;
    const asked = this.#view.outgoing.some(({ frame }) => frame.type === "connect");
    // The first word of a conversation asks for an agent.
    if ((state === "none" || state === "ended") && !asked) this.connect();
    this.#typingToldAt = 0;
    this.#post({ type: "post", key: newKey(), ...message });
  }

  #post(frame: KeyedFrame): void {
    // Never twice the same time: it is the order after a reload.
    this.#lastAt = Math.max(Date.now(), this.#lastAt + 1);
    const entry = { frame, at: this.#lastAt };
    this.#memory.keep(entry);
    this.#set({ outgoing: [...this.#view.outgoing, entry] });
    if (this.#view.link === "up") this.#line.send(frame);
    else void this.open();
  }

  #hear(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.#welcome(frame.state);
        break;
      case "ack":
        this.#acknowledged(frame);
        break;
      case "refused":
        this.#refused(frame);
        break;
      case "message":
        this.#received(frame);
        break;
      case "state":
        this.#status(frame);
        break;
      case "typing":
        this.#agentTypes(frame.on);
        break;
      case "read":
        this.#set({ seen: Math.max(this.#view.seen, frame.number) });
        this.#keep();
        break;
      case "token":
        if (this.#session) this.#take({ ...this.#session, token: frame.token, expiresIn: frame.expiresIn });
        break;
      case "survey":
        this.#set({ survey: "asked" });
        break;
      case "bye":
        void this.#farewell(frame.code, frame.message);
        break;
      case "pong":
        break;
    }
  }

  #welcome(status: ChatStatus): void {
    this.#line.accepted();
    this.#status(status);
    for (const { frame, refused } of this.#view.outgoing) if (!refused) this.#line.send(frame);
    if (this.#readTold > 0) this.#line.send({ type: "read", number: this.#readTold });
  }

  #acknowledged(ack: ServerFrame & { type: "ack" }): void {
    const found = this.#view.outgoing.find(({ frame }) => frame.key === ack.key);
    this.#memory.drop(ack.key);
    if (!found) return;
    this.#set({ outgoing: this.#view.outgoing.filter((entry) => entry !== found) });
    if (found.frame.type === "leaveMessage") this.#set({ isLeft: true });
  }

  #refused({ key, code, message }: ServerFrame & { type: "refused" }): void {
    const found = this.#view.outgoing.find(({ frame }) => frame.key === key);
    if (!found) return;
    if (found.frame.type !== "post") {
      this.discard(key);
      this.#set({ failure: { code, message } });
      return;
    }
    const entry = { ...found, refused: { code, message } };
    this.#memory.keep(entry);
    this.#set({ outgoing: this.#view.outgoing.map((each) => (each === found ? entry : each)) });
  }

  #received({ type: _, ...message }: ServerFrame & { type: "message" }): void {
    if (message.number <= this.#cursor) return;
    this.#cursor = message.number;
    if (message.key) {
      const key = message.key;
      this.#memory.drop(key);
      this.#set({ outgoing: this.#view.outgoing.filter(({ frame }) => frame.key !== key) });
    }
    this.#set({ messages: [...this.#view.messages, message] });
    if (message.source === "agent") this.#agentTypes(false);
    this.#keep();
  }

  #status(status: ChatStatus): void {
    const { state, contact, position, waitS, agentName, reason } = status;
    const was = this.#view.status;
    this.#set({ status: { state, contact, position, waitS, agentName, reason } });
    if (state !== "talking") this.#agentTypes(false);
    if (
      state === "ended" &&
      was.state === "talking" &&
      this.#view.channel?.hasSurvey &&
      this.#view.survey === "no"
    )
      this.#set({ survey: "asked" });
    this.#keep();
  }

  #agentTypes(on: boolean): void {
    clearTimeout(this.#typingTimer);
    if (on !== this.#view.typing) this.#set({ typing: on });
    if (on) this.#typingTimer = setTimeout(() => this.#set({ typing: false }), TYPING_SHOWN_MS);
  }

  async #farewell(code: string, message: string): Promise<void> {
    if (!TOKEN_OVER.test(code)) {
      this.#line.restart();
      return;
    }
    this.#line.close();
    this.#expiresAt = 0;
    if (this.#options.session) this.#set({ phase: "refused", failure: { code, message } });
    else await this.open();
  }

  #uploading(key: string, change: Partial<Uploading>): void {
    this.#set({
      uploads: this.#view.uploads.map((each) => (each.key === key ? { ...each, ...change } : each)),
    });
  }

  #bearer(): Record<string, string> {
    return { Authorization: `Bearer ${this.#session?.token ?? ""}` };
  }

  #keep(): void {
    if (!this.#session) return;
    const { messages, status, seen } = this.#view;
    this.#memory.write({
      session: this.#session,
      expiresAt: this.#expiresAt,
      cursor: this.#cursor,
      messages: [...messages],
      status,
      seen,
    });
  }

  #set(change: Partial<ChatView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** What a file is, as messages name it. */
export function mediaTypeOf(type: string): MediaType {
  const kind = type.split("/")[0];
  if (kind === "image") return "IMAGE";
  if (kind === "audio") return "AUDIO";
  return kind === "video" ? "VIDEO" : "DOCUMENT";
}

function browserStorage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** 128 random bits in hexadecimal; `crypto.randomUUID` asks for a secure page, which a shop's test page is not. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
