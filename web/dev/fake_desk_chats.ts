/** `/api/v1/desk/.../chats`, pretended: customers write when the test says so; each key is stored once. */

import type { ChatFrame, ChatMessage, ChatPost, DeskChat, Phrase } from "@opencec/api-client";
import type { Reply } from "./fake_gateway.ts";

const reply = (status: number, body: unknown): Reply => ({ status, headers: {}, body });

export class FakeDeskChats {
  /** Without it the server answers as one that has no chats. */
  isThere = false;
  chats: DeskChat[] = [];
  readonly messages = new Map<string, ChatMessage[]>();
  readonly done: [string, unknown][] = [];
  phrases: Phrase[] = [{ id: "p1", title: "Greeting", text: "Good morning!", isOwn: false }];
  /** Posts are stored, their answers are lost. */
  losesAnswers = false;
  #last = 0;
  readonly #keys = new Map<string, ChatMessage>();
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array>>();

  offer(contact: string, customerName: string, text: string): void {
    this.isThere = true;
    const chat: DeskChat = {
      contact,
      state: "offered",
      queue: 4,
      channel: "100",
      channelType: "WEB",
      customer: `guest-${contact}`,
      customerName,
      arrivedAt: Date.now(),
      waitingSince: Date.now(),
      unread: 0,
      lastMessage: null,
      readNumber: 0,
      offerUntil: Date.now() + 30_000,
    };
    this.chats.push(chat);
    this.#tell({ type: "chat", ...chat });
    this.customerSays(contact, text);
  }

  customerSays(contact: string, content: string): void {
    const chat = this.#chat(contact);
    this.#store(contact, {
      source: "customer",
      senderName: chat?.customerName ?? "",
      mediaType: "TEXT",
      content,
    });
  }

  typing(contact: string, on: boolean): void {
    this.#tell({ type: "typing", contact, on });
  }

  /** Ends all connections, as a server that is started again. */
  drop(): void {
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }

  stream(path: string): Response | null {
    const after = /^\/chats\/live\?after=(\d+)$/.exec(path)?.[1];
    if (after === undefined || !this.isThere) return null;
    return new Response(
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          this.#streams.add(controller);
          for (const [contact, messages] of this.messages)
            for (const message of messages)
              if (message.number > Number(after))
                this.#give(controller, { type: "message", contact, ...message });
        },
      }),
    );
  }

  handle(method: string, url: URL, body: unknown): Reply | null {
    const [, first, contact = "", what = ""] = url.pathname.split("/");
    if (first === "phrases") return reply(200, { phrases: this.phrases });
    if (first === "customers") return reply(200, { contacts: [], before: null });
    if (first !== "chats") return null;
    if (!this.isThere) return reply(404, { code: "not_found", message: "" });
    if (!contact)
      return reply(200, { chats: this.chats, capacity: { count: 5, most: 10 }, after: this.#last });
    if (what === "messages" && method === "GET")
      return reply(200, { messages: this.messages.get(contact) ?? [] });
    if (what === "messages") return this.#posted(contact, body as ChatPost);
    this.done.push([what, body]);
    this.#act(contact, what);
    return reply(200, {});
  }

  #act(contact: string, what: string): void {
    const chat = this.#chat(contact);
    if (!chat) return;
    if (what === "answer") {
      chat.state = "talking";
      this.#tell({ type: "chat", ...chat });
    }
    if (what === "end" || what === "reject" || what === "transfer") {
      this.chats = this.chats.filter((each) => each !== chat);
      this.#tell({ type: "gone", contact });
    }
  }

  #posted(contact: string, { key, mediaType, content }: ChatPost): Reply {
    const message =
      this.#keys.get(key) ??
      this.#store(contact, { source: "agent", senderName: "Lena", mediaType, content, key });
    this.#keys.set(key, message);
    return this.losesAnswers ? reply(503, { code: "overload", message: "" }) : reply(200, message);
  }

  #store(contact: string, given: Omit<ChatMessage, "number" | "messageCode" | "at">): ChatMessage {
    this.#last += 1;
    const message = { ...given, number: this.#last, messageCode: String(this.#last), at: Date.now() };
    this.messages.set(contact, [...(this.messages.get(contact) ?? []), message]);
    this.#tell({ type: "message", contact, ...message });
    return message;
  }

  #chat(contact: string): DeskChat | undefined {
    return this.chats.find((each) => each.contact === contact);
  }

  #tell(frame: ChatFrame): void {
    for (const stream of this.#streams) this.#give(stream, frame);
  }

  #give(stream: ReadableStreamDefaultController<Uint8Array>, frame: ChatFrame): void {
    stream.enqueue(new TextEncoder().encode(`${JSON.stringify(frame)}\n`));
  }
}
