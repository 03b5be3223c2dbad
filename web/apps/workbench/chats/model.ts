/** What the page knows of the agent's chats, and how a frame of the stream changes it. Pure. */

import type { ChatFrame, ChatMessage, DeskChat, DeskChats } from "@opencec/api-client";
import type { Outgoing } from "./memory";

export interface Thread {
  /** Ascending, without gaps from the first one on. */
  messages: readonly ChatMessage[];
  /** The newest messages were fetched. */
  isLoaded: boolean;
  /** There are older ones at the server. */
  hasOlder: boolean;
  typing: boolean;
}

export interface Upload {
  key: string;
  contact: string;
  name: string;
  /** 0 to 1. */
  part: number;
  failed: string | null;
}

export interface ChatsView {
  /** This server and agent have chats. */
  isThere: boolean;
  /** The stream is down; what is shown may be old. */
  isLost: boolean;
  chats: readonly DeskChat[];
  /** Ended while it was open: shown until the agent goes on. */
  ended: DeskChat | null;
  capacity: DeskChats["capacity"];
  chosen: string | null;
  threads: Readonly<Record<string, Thread>>;
  outgoing: readonly Outgoing[];
  uploads: readonly Upload[];
  /** What did not work, next to its chat. */
  failed: { contact: string; what: string; code: string; message: string } | null;
}

export const EMPTY_THREAD: Thread = { messages: [], isLoaded: false, hasOlder: false, typing: false };

export const EMPTY: ChatsView = {
  isThere: false,
  isLost: false,
  chats: [],
  ended: null,
  capacity: { count: 0, most: 0 },
  chosen: null,
  threads: {},
  outgoing: [],
  uploads: [],
  failed: null,
};

/** Two lists of messages as one: by number, each once. */
export function merge(a: readonly ChatMessage[], b: readonly ChatMessage[]): ChatMessage[] {
  const all = new Map([...a, ...b].map((message) => [message.number, message]));
  return [...all.values()].sort((left, right) => left.number - right.number);
}

export const threadOf = (view: ChatsView, contact: string): Thread => view.threads[contact] ?? EMPTY_THREAD;

export const withThread = (view: ChatsView, contact: string, change: Partial<Thread>): ChatsView => ({
  ...view,
  threads: { ...view.threads, [contact]: { ...threadOf(view, contact), ...change } },
});

/** Offers first, then who waits longest, then the latest talk. */
export function ordered(chats: readonly DeskChat[]): DeskChat[] {
  const rank = ({ state, waitingSince }: DeskChat) =>
    state === "offered" ? 0 : waitingSince === null ? 2 : 1;
  const since = (chat: DeskChat) => chat.waitingSince ?? -(chat.lastMessage?.at ?? chat.arrivedAt);
  return [...chats].sort((a, b) => rank(a) - rank(b) || since(a) - since(b));
}

function spoken(chat: DeskChat, message: ChatMessage): DeskChat {
  const isCustomer = message.source === "customer";
  const isAnswer = message.source === "agent" || message.source === "robot";
  return {
    ...chat,
    lastMessage: message.source === "system" ? chat.lastMessage : message,
    unread: isCustomer ? chat.unread + 1 : chat.unread,
    waitingSince: isCustomer ? (chat.waitingSince ?? message.at) : isAnswer ? null : chat.waitingSince,
  };
}

const changed = (view: ChatsView, contact: string, change: (chat: DeskChat) => DeskChat): ChatsView => ({
  ...view,
  chats: view.chats.map((chat) => (chat.contact === contact ? change(chat) : chat)),
});

export function fold(view: ChatsView, frame: ChatFrame): ChatsView {
  switch (frame.type) {
    case "chat": {
      const { type: _, ...chat } = frame;
      const isKnown = view.chats.some(({ contact }) => contact === chat.contact);
      const chats = isKnown
        ? view.chats.map((each) => (each.contact === chat.contact ? chat : each))
        : [...view.chats, chat];
      return { ...view, chats, ended: view.ended?.contact === chat.contact ? null : view.ended };
    }
    case "message": {
      const { type: _, contact, ...message } = frame;
      const thread = threadOf(view, contact);
      const next = changed(view, contact, (chat) => spoken(chat, message));
      const typing = message.source === "customer" ? false : thread.typing;
      return withThread(next, contact, { messages: merge(thread.messages, [message]), typing });
    }
    case "typing":
      return withThread(view, frame.contact, { typing: frame.on });
    case "read":
      return changed(view, frame.contact, (chat) => ({ ...chat, readNumber: frame.number }));
    case "gone":
      return gone(view, frame.contact);
    case "beat":
      return view;
  }
}

function gone(view: ChatsView, contact: string): ChatsView {
  const left = view.chats.find((chat) => chat.contact === contact);
  // It may be told more than once: the agent left it, and it ended.
  if (!left) return view;
  const chats = view.chats.filter((chat) => chat !== left);
  if (view.chosen === contact && left.state !== "offered") return { ...view, chats, ended: left };
  const { [contact]: _, ...threads } = view.threads;
  return { ...view, chats, threads, chosen: view.chosen === contact ? null : view.chosen };
}

/** How long a customer waits for a word, as a colour: the numbers are those of the list's legend. */
export const WAIT_STEPS_MS = { late: 30_000, tooLate: 90_000 };

/** What a customer is called: by name, else by id; a guest, whose id is long and random, by the end of it. */
export function nameOf(
  chat: Pick<DeskChat, "customer" | "customerName">,
  guest: (code: string) => string,
): string {
  if (chat.customerName) return chat.customerName;
  return chat.customer.startsWith("guest_") ? guest(chat.customer.slice(-4)) : chat.customer;
}

export function waitLevel(waitedMs: number): "calm" | "late" | "tooLate" {
  if (waitedMs >= WAIT_STEPS_MS.tooLate) return "tooLate";
  return waitedMs >= WAIT_STEPS_MS.late ? "late" : "calm";
}
