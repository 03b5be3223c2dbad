/** A pretended chat server behind `fetch` and `WebSocket`: stores each key once, numbers messages, can lose its lines. */

import type { ChatMessage, ChatStatus, ClientFrame, ServerFrame } from "../packages/chat-client/src/wire.ts";

type Key = Extract<ClientFrame, { key: string }>;

export class FakeChat {
  readonly messages: ChatMessage[] = [];
  readonly answered = new Map<string, ServerFrame>();
  readonly sockets: FakeSocket[] = [];
  readonly received: ClientFrame[] = [];
  status: ChatStatus = { state: "none" };
  token = "token-1";
  sessions = 0;
  isDown = false;
  /** The server takes frames but its answers are lost. */
  isMute = false;
  /** Number of the next refusal; null: everything is taken. */
  refuse: string | null = null;

  readonly session = () => ({
    token: this.token,
    userId: "guest-1",
    expiresIn: 3600,
    channel: { name: "Shop", isOpen: true, hasSurvey: true, isAsync: false, maxUploadBytes: 1_000 },
  });

  readonly fetch = async (url: RequestInfo | URL): Promise<Response> => {
    if (this.isDown) throw new TypeError("network");
    if (String(url).endsWith("/chat/v1/sessions")) this.sessions += 1;
    return Response.json(this.session());
  };

  /** The constructor to put in place of `WebSocket`. */
  readonly Socket = ((chat: FakeChat) =>
    class extends FakeSocket {
      constructor(readonly url: string) {
        super(chat);
      }
    })(this);

  drop(): void {
    for (const socket of this.sockets.splice(0)) socket.lose();
  }

  say(content: string, source: ChatMessage["source"] = "agent"): void {
    this.#store({ source, content, mediaType: "TEXT", senderName: "Ann" });
  }

  become(status: ChatStatus): void {
    this.status = status;
    this.#tell({ type: "state", ...status });
  }

  tell(frame: ServerFrame): void {
    this.#tell(frame);
  }

  hear(socket: FakeSocket, frame: ClientFrame): void {
    if (frame.type !== "hello" && !socket.isWelcome) {
      socket.early.push(frame);
      return;
    }
    this.received.push(frame);
    if (frame.type === "hello") {
      if (frame.token !== this.token) {
        socket.give({ type: "bye", code: "token_expired", message: "" });
        return;
      }
      socket.give({ type: "welcome", state: this.status });
      for (const message of this.messages)
        if (message.number > frame.after) socket.give({ type: "message", ...message });
      socket.isWelcome = true;
      for (const early of socket.early.splice(0)) this.hear(socket, early);
    } else if (frame.type === "ping") socket.give({ type: "pong" });
    else if ("key" in frame) this.#keyed(socket, frame);
  }

  #keyed(socket: FakeSocket, frame: Key): void {
    const answer = this.answered.get(frame.key) ?? this.#take(frame);
    this.answered.set(frame.key, answer);
    if (!this.isMute) socket.give(answer);
  }

  #take(frame: Key): ServerFrame {
    if (this.refuse) return { type: "refused", key: frame.key, code: this.refuse, message: "no" };
    if (frame.type === "connect") this.become({ state: "queued", contact: "c-1", position: 2, waitS: 30 });
    if (frame.type === "end") this.become({ state: "ended", contact: "c-1", reason: "customer" });
    if (frame.type !== "post") return { type: "ack", key: frame.key };
    const { mediaType, content, key } = frame;
    const message = this.#store({ source: "customer", content, mediaType, senderName: "Guest", key });
    return { type: "ack", key, number: message.number, messageCode: message.messageCode, at: message.at };
  }

  #store(given: Pick<ChatMessage, "source" | "content" | "mediaType" | "senderName" | "key">): ChatMessage {
    const number = this.messages.length * 3 + 1;
    const message = { ...given, number, messageCode: number.toString(16).padStart(64, "0"), at: number };
    this.messages.push(message);
    this.#tell({ type: "message", ...message });
    return message;
  }

  #tell(frame: ServerFrame): void {
    if (this.isMute) return;
    for (const socket of this.sockets) if (socket.isWelcome) socket.give(frame);
  }
}

export class FakeSocket {
  static readonly OPEN = 1;
  readyState = 0;
  isWelcome = false;
  /** What came before everything after the cursor was told. */
  readonly early: ClientFrame[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly #chat: FakeChat;

  constructor(chat: FakeChat) {
    this.#chat = chat;
    queueMicrotask(() => {
      if (chat.isDown) {
        this.lose();
        return;
      }
      chat.sockets.push(this);
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    if (this.readyState === 1) this.#chat.hear(this, JSON.parse(text) as ClientFrame);
  }

  give(frame: ServerFrame): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  lose(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  close(): void {
    this.readyState = 3;
    const index = this.#chat.sockets.indexOf(this);
    if (index >= 0) this.#chat.sockets.splice(index, 1);
    this.onclose?.();
  }
}
