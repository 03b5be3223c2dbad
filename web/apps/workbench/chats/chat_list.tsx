/** The chats of the agent, the most urgent first. */

import { Button } from "@mantine/core";
import type { DeskChat } from "@opencec/api-client";
import { duration, useNow } from "@opencec/ui";
import { type ReactNode, useEffect } from "react";
import { useSession, useView, useWords } from "../parts/context";
import css from "./chats.module.css";
import { useChatStore, useChats } from "./context";
import { nameOf, ordered, waitLevel } from "./model";

const LONGEST_CAPACITY = 50;

function Capacity(): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const { capacity } = useChats();
  const most = Math.min(capacity.most, LONGEST_CAPACITY);
  if (most < 1) return null;
  return (
    <label className={css.capacity}>
      {text("chats.capacity")}
      <select
        value={capacity.count}
        onChange={({ currentTarget }) => void store?.setCapacity(Number(currentTarget.value))}
        data-testid="chat-capacity"
      >
        {Array.from({ length: most }, (_, at) => at + 1).map((count) => (
          <option key={count} value={count}>
            {count}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What stands at the right of a card: the wait in figures, and in words for those who do not see colours. */
function useStanding(): (chat: DeskChat, now: number) => { level: string; words: string } {
  const text = useWords();
  return (chat, now) => {
    if (chat.state === "offered") {
      const left = chat.offerUntil ? duration(Math.max(0, chat.offerUntil - now)) : "";
      return { level: "calm", words: [text("chats.offered"), left].filter(Boolean).join(" · ") };
    }
    if (chat.state === "offline") return { level: "calm", words: text("chats.away") };
    if (chat.waitingSince === null) return { level: "calm", words: text("chats.answered") };
    const waited = now - chat.waitingSince;
    return { level: waitLevel(waited), words: text("chats.waits", { time: duration(waited) }) };
  };
}

function Card({ chat, now }: { chat: DeskChat; now: number }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const { chosen } = useChats();
  const { account } = useView();
  const { level, words } = useStanding()(chat, now);
  const name = nameOf(chat, (code) => text("chats.guest", { code }));
  const queue = account?.queues.find(({ id }) => id === chat.queue)?.name ?? "";
  const last = chat.lastMessage?.file?.name ?? chat.lastMessage?.content;
  return (
    <li
      className={css.card}
      data-testid="chat-card"
      data-contact={chat.contact}
      data-state={chat.state}
      data-level={level}
      data-chosen={chosen === chat.contact}
    >
      <button
        type="button"
        className={css.open}
        aria-current={chosen === chat.contact ? "true" : undefined}
        onClick={() => store?.choose(chat.contact)}
      >
        <span className={css.name}>{name}</span>
        {chat.unread ? (
          <span
            className={css.unread}
            title={text("chats.unread", { count: chat.unread })}
            data-testid="unread"
          >
            {chat.unread}
          </span>
        ) : (
          <span />
        )}
        <span className={css.last}>
          {(chat.isOffline ? text("chats.left") : last) || queue || chat.channelType}
        </span>
        <span className={css.wait}>
          {words}
          {level === "calm" ? null : (
            <span className="sr-only"> {text(level === "late" ? "chats.late" : "chats.tooLate")}</span>
          )}
        </span>
      </button>
      {chat.state === "offered" ? (
        <div className={css.offer}>
          <Button
            size="compact-sm"
            color="green"
            onClick={() => void store?.answer(chat.contact)}
            data-testid="chat-answer"
          >
            {text("chats.answer")}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void store?.reject(chat.contact)}
            data-testid="chat-reject"
          >
            {text("chats.reject")}
          </Button>
        </div>
      ) : null}
    </li>
  );
}

/** Alt with the arrows walks through the list, Alt and Enter accepts the first offer: also while writing. */
function useKeys(chats: readonly DeskChat[]): void {
  const store = useChatStore();
  const { chosen } = useChats();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || !chats.length) return;
      const offer = chats.find(({ state }) => state === "offered");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" && offer) void store?.answer(offer.contact);
      else if (step) {
        const at = chats.findIndex(({ contact }) => contact === chosen);
        store?.choose(chats[(at + step + chats.length) % chats.length]?.contact ?? null);
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}

/** Nothing for an agent, or a server, without chats. */
export function ChatList(): ReactNode {
  const text = useWords();
  const session = useSession();
  const { isThere, isLost, chats } = useChats();
  const now = useNow(session.clock.now, chats.length > 0);
  const rows = ordered(chats);
  useKeys(rows);
  if (!isThere) return null;
  return (
    <section className={css.section} aria-labelledby="chats-heading" data-testid="chats">
      <div className={css.head}>
        <h2 id="chats-heading">{text("chats.heading")}</h2>
        <Capacity />
      </div>
      {isLost ? (
        <p className={css.lost} role="status">
          {text("chats.lost")}
        </p>
      ) : null}
      {rows.length ? (
        <ul className={css.list}>
          {rows.map((chat) => (
            <Card key={chat.contact} chat={chat} now={now} />
          ))}
        </ul>
      ) : (
        <p className={css.empty}>{text("chats.empty")}</p>
      )}
    </section>
  );
}
