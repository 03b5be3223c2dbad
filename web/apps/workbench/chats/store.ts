/** The agent's chats in this tab, without any framework: the stream folded, and everything the agent can do. */

import {
  ApiError,
  type ChatFrame,
  type ChatMedia,
  type ChatsClient,
  type ChatTransfer,
  type DeskChat,
} from "@opencec/api-client";
import { type ChatError, download, mediaTypeOf, upload } from "@opencec/chat-client";
import { DeskMemory, type Outgoing } from "./memory";
import { type ChatsView, EMPTY, fold, merge, threadOf, type Upload, withThread } from "./model";

const PAGE = 50;
const RETRY_MS = 2_000;
const TYPING_EVERY_MS = 3_000;
const TYPING_SHOWN_MS = 6_000;
/** After a change of state the stream says the rest; the server may be on its way up. */
const AGAIN_MS = 5_000;
const NOT_FOUND = 404;
const SERVER_FAILS = 500;

export type Alert = { kind: "offer" | "message"; chat: DeskChat; text: string };

export class ChatStore {
  readonly #client: ChatsClient;
  readonly #memory: DeskMemory;
  readonly #listeners = new Set<() => void>();
  #view: ChatsView = EMPTY;
  #after = 0;
  #stop: (() => void) | null = null;
  #isRunning = false;
  #isFlushing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #typing = new Map<string, ReturnType<typeof setTimeout>>();
  #typingToldAt = 0;
  #lastAt = 0;
  /** A chat was offered, or a customer wrote where the agent is not looking. */
  onAlert: (alert: Alert) => void = () => undefined;

  constructor(client: ChatsClient, workno: string) {
    this.#client = client;
    this.#memory = new DeskMemory(workno);
    this.#view = { ...EMPTY, chosen: this.#memory.chosen, outgoing: this.#memory.outbox() };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): ChatsView => this.#view;

  get client(): ChatsClient {
    return this.#client;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#begin();
  }

  stop(): void {
    this.#isRunning = false;
    this.#stop?.();
    this.#stop = null;
    clearTimeout(this.#timer);
  }

  choose(contact: string | null): void {
    this.#memory.chosen = contact;
    this.#set({ chosen: contact, ended: null, failed: null });
    if (!contact) return;
    if (!threadOf(this.#view, contact).isLoaded) void this.#load(contact);
    this.read(contact);
  }

  /** Everything that came has been seen. */
  read(contact: string): void {
    const chat = this.#chat(contact);
    const last = threadOf(this.#view, contact).messages.at(-1)?.number ?? chat?.lastMessage?.number;
    if (!chat?.unread || !last || chat.state !== "talking") return;
    this.#change(contact, { unread: 0 });
    this.#client.read(contact, last).catch(() => this.#change(contact, { unread: chat.unread }));
  }

  async older(contact: string): Promise<void> {
    const thread = threadOf(this.#view, contact);
    const before = thread.messages[0]?.number;
    if (!thread.hasOlder || before === undefined) return;
    const page = await this.#client.messages(contact, { before, limit: PAGE }).catch(() => null);
    if (!page) return;
    const messages = merge(page, threadOf(this.#view, contact).messages);
    this.#view = withThread(this.#view, contact, { messages, hasOlder: page.length === PAGE });
    this.#tell();
  }

  draft(contact: string): string {
    return this.#memory.draft(contact);
  }

  setDraft(contact: string, text: string): void {
    this.#memory.setDraft(contact, text);
    const now = Date.now();
    if (text && now - this.#typingToldAt < TYPING_EVERY_MS) return;
    this.#typingToldAt = text ? now : 0;
    if (this.#chat(contact)?.state === "talking")
      void this.#client.typing(contact, text !== "").catch(() => undefined);
  }

  say(contact: string, text: string): void {
    const content = text.trim();
    if (!content) return;
    this.#memory.setDraft(contact, "");
    this.#typingToldAt = 0;
    this.#post(contact, { mediaType: "TEXT", content });
  }

  async sendFile(contact: string, file: Blob, name: string): Promise<void> {
    const key = newKey();
    const { url, headers } = this.#client.uploadTo();
    this.#set({ uploads: [...this.#view.uploads, { key, contact, name, part: 0, failed: null }] });
    try {
      const stored = await upload(url, file, {
        name,
        headers,
        onProgress: (part) => this.#uploading(key, { part }),
      }).done;
      this.#post(contact, { mediaType: mediaTypeOf(stored.type), content: "", file: stored.id }, name);
      this.dismissUpload(key);
    } catch (error) {
      this.#uploading(key, { failed: (error as ChatError).code });
    }
  }

  dismissUpload(key: string): void {
    this.#set({ uploads: this.#view.uploads.filter((each) => each.key !== key) });
  }

  /** A file's content, or its small picture. @throws ChatError */
  fetchFile(id: string, options: { thumbnail?: boolean } = {}): Promise<Blob> {
    const { url, headers } = this.#client.fileAt(id, options);
    return download(url, headers);
  }

  again(key: string): void {
    const found = this.#view.outgoing.find(({ post }) => post.key === key);
    this.discard(key);
    if (found) this.#post(found.contact, found.post, found.name);
  }

  discard(key: string): void {
    this.#memory.drop(key);
    this.#set({ outgoing: this.#view.outgoing.filter(({ post }) => post.key !== key) });
  }

  answer = async (contact: string): Promise<void> => {
    if (await this.#do(contact, "answer", () => this.#client.answer(contact))) this.choose(contact);
  };
  reject = (contact: string) => this.#do(contact, "reject", () => this.#client.reject(contact));
  end = (contact: string) => this.#do(contact, "end", () => this.#client.end(contact));
  inviteRating = (contact: string) => this.#do(contact, "invite", () => this.#client.inviteRating(contact));
  transfer = (contact: string, target: ChatTransfer) =>
    this.#do(contact, "transfer", () => this.#client.transfer(contact, target));
  /** What this agent has written down about a chat of this session. */
  noted = (contact: string): string => this.#memory.note(contact);
  note = (contact: string, note: string) => {
    this.#memory.setNote(contact, note);
    return this.#do(contact, "note", () => this.#client.note(contact, note));
  };

  async setCapacity(count: number): Promise<void> {
    const was = this.#view.capacity;
    this.#set({ capacity: { ...was, count } });
    await this.#client.setCapacity(count).catch(() => this.#set({ capacity: was }));
  }

  dismissFailure(): void {
    this.#set({ failed: null });
  }

  async #begin(): Promise<void> {
    if (!this.#isRunning) return;
    try {
      await this.#list();
    } catch (error) {
      // A server without chats has nothing to follow.
      if (error instanceof ApiError && error.status === NOT_FOUND) return;
      this.#timer = setTimeout(() => void this.#begin(), AGAIN_MS);
      return;
    }
    if (!this.#isRunning) return;
    const { chosen } = this.#view;
    if (chosen && this.#chat(chosen)) this.choose(chosen);
    else this.choose(null);
    this.#stop = this.#client.watch({
      after: () => this.#after,
      onFrame: (frame) => this.#hear(frame),
      onBreak: () => void this.#list().catch(() => this.#set({ isLost: true })),
    });
    void this.#flush();
  }

  /** States as they are now. Messages come by the stream, behind the number that this page has. */
  async #list(): Promise<void> {
    const { chats, capacity, after } = await this.#client.list();
    if (!this.#view.isThere) this.#after = after;
    const left = this.#view.chats.filter(({ contact }) => !chats.some((each) => each.contact === contact));
    for (const { contact } of left) this.#view = fold(this.#view, { type: "gone", contact });
    this.#set({ isThere: true, isLost: false, chats, capacity });
  }

  async #load(contact: string): Promise<void> {
    const page = await this.#client.messages(contact, { limit: PAGE }).catch(() => null);
    if (!page) {
      if (this.#isRunning && this.#view.chosen === contact)
        setTimeout(() => void this.#load(contact), RETRY_MS);
      return;
    }
    const messages = merge(page, threadOf(this.#view, contact).messages);
    this.#view = withThread(this.#view, contact, {
      messages,
      isLoaded: true,
      hasOlder: page.length === PAGE,
    });
    this.#tell();
    this.read(contact);
  }

  #hear(frame: ChatFrame): void {
    if (frame.type === "message") {
      if (frame.number <= this.#after) return;
      this.#after = frame.number;
      if (frame.key) this.#sent(frame.key);
    }
    const isNew = frame.type === "chat" && !this.#chat(frame.contact);
    this.#view = fold({ ...this.#view, isLost: false }, frame);
    if (frame.type === "typing") this.#typingEnds(frame.contact, frame.on);
    if (frame.type === "gone") {
      this.#memory.setDraft(frame.contact, "");
      this.#memory.setNote(frame.contact, "");
    }
    this.#tell();
    if (frame.type === "message" && frame.source === "customer")
      this.#heardCustomer(frame.contact, frame.content);
    const chat = frame.type === "chat" ? this.#chat(frame.contact) : undefined;
    if (isNew && chat?.state === "offered")
      this.onAlert({ kind: "offer", chat, text: chat.lastMessage?.content ?? "" });
  }

  #heardCustomer(contact: string, text: string): void {
    const chat = this.#chat(contact);
    if (!chat) return;
    const isSeen = this.#view.chosen === contact && !document.hidden;
    if (isSeen) this.read(contact);
    else if (chat.state === "talking") this.onAlert({ kind: "message", chat, text });
  }

  /** The customer's page says when writing ends; a page that goes away does not. */
  #typingEnds(contact: string, on: boolean): void {
    clearTimeout(this.#typing.get(contact));
    if (!on) return;
    const end = () => {
      this.#view = withThread(this.#view, contact, { typing: false });
      this.#tell();
    };
    this.#typing.set(contact, setTimeout(end, TYPING_SHOWN_MS));
  }

  #post(
    contact: string,
    post: { mediaType: ChatMedia; content: string; file?: string },
    name?: string,
  ): void {
    // Never twice the same time: it is the order after a reload.
    this.#lastAt = Math.max(Date.now(), this.#lastAt + 1);
    const entry: Outgoing = { contact, post: { ...post, key: newKey() }, at: this.#lastAt, name };
    this.#memory.keep(entry);
    this.#set({ outgoing: [...this.#view.outgoing, entry] });
    void this.#flush();
  }

  /** One after another, so that they arrive in the order in which they were written. */
  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        if (!this.#isRunning || !(await this.#send(next))) break;
      }
    } finally {
      this.#isFlushing = false;
    }
    if (this.#isRunning && this.#next()) this.#timer = setTimeout(() => void this.#flush(), RETRY_MS);
  }

  #next(): Outgoing | undefined {
    return this.#view.outgoing.find(({ refused }) => !refused);
  }

  /** False when it has to be tried again later. */
  async #send(entry: Outgoing): Promise<boolean> {
    try {
      const message = await this.#client.post(entry.contact, entry.post);
      this.#sent(entry.post.key);
      const { messages } = threadOf(this.#view, entry.contact);
      this.#view = withThread(this.#view, entry.contact, { messages: merge(messages, [message]) });
      this.#tell();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= SERVER_FAILS || error.retryAfterS !== null)
        return false;
      const refused = { code: error.code, message: error.message };
      const next = { ...entry, refused };
      this.#memory.keep(next);
      this.#set({ outgoing: this.#view.outgoing.map((each) => (each === entry ? next : each)) });
      return true;
    }
  }

  #sent(key: string): void {
    this.#memory.drop(key);
    this.#set({ outgoing: this.#view.outgoing.filter(({ post }) => post.key !== key) });
  }

  async #do(contact: string, what: string, work: () => Promise<unknown>): Promise<boolean> {
    this.#set({ failed: null });
    try {
      await work();
      return true;
    } catch (error) {
      const { code = "lost", message = "" } = error as { code?: string; message?: string };
      this.#set({ failed: { contact, what, code, message } });
      return false;
    }
  }

  #chat(contact: string): DeskChat | undefined {
    return this.#view.chats.find((chat) => chat.contact === contact);
  }

  #change(contact: string, change: Partial<DeskChat>): void {
    this.#set({
      chats: this.#view.chats.map((chat) => (chat.contact === contact ? { ...chat, ...change } : chat)),
    });
  }

  #uploading(key: string, change: Partial<Upload>): void {
    this.#set({
      uploads: this.#view.uploads.map((each) => (each.key === key ? { ...each, ...change } : each)),
    });
  }

  #set(change: Partial<ChatsView>): void {
    this.#view = { ...this.#view, ...change };
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
