/** Beside an open chat: the note that only colleagues see, and everything this customer asked before. */

import { Button } from "@mantine/core";
import type { DeskChat, HistoryRow } from "@opencec/api-client";
import { duration, timeOfDay, useLanguage } from "@opencec/ui";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useWords } from "../parts/context";
import css from "./chats.module.css";
import { useChatStore } from "./context";

const LONGEST = 300;
const KEEP_AFTER_MS = 800;

function Note({ contact }: { contact: string }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const [note, setNote] = useState(() => store?.noted(contact) ?? "");
  const [kept, setKept] = useState<"" | "kept" | "failed">("");
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null);
  const newest = useRef("");
  useEffect(
    () => () => {
      if (!waiting.current) return;
      clearTimeout(waiting.current);
      void store?.note(contact, newest.current);
    },
    [store, contact],
  );
  const change = (next: string) => {
    setNote(next);
    setKept("");
    newest.current = next;
    if (waiting.current) clearTimeout(waiting.current);
    waiting.current = setTimeout(() => {
      waiting.current = null;
      void store?.note(contact, next).then((worked) => setKept(worked ? "kept" : "failed"));
    }, KEEP_AFTER_MS);
  };
  return (
    <>
      <h2 id="chat-note">{text("chats.note")}</h2>
      <textarea
        rows={3}
        maxLength={LONGEST}
        aria-labelledby="chat-note"
        value={note}
        onChange={({ currentTarget }) => change(currentTarget.value)}
        data-testid="chat-note"
      />
      <p className={css.help} role="status">
        {text(kept ? `chats.note.${kept}` : "chats.note.help")}
      </p>
    </>
  );
}

/** What was said in an earlier chat. */
function Past({ contact }: { contact: string }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const { data, isError } = useQuery({
    queryKey: ["chat-past", contact],
    queryFn: async () => (await store?.client.messages(contact, { limit: 200 })) ?? [],
  });
  if (isError) return <p className={css.bad}>{text("chats.history.failed")}</p>;
  if (!data) return <p className={css.help}>{text("chats.loading")}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: focusable, so that a keyboard can scroll it
    <section className={css.past} tabIndex={0} aria-label={text("chats.history.text")}>
      {data.map(({ number, senderName, content, file }) => (
        <p key={number}>
          <b>{senderName}</b> {file?.name ?? content}
        </p>
      ))}
    </section>
  );
}

function Row({ row }: { row: HistoryRow }): ReactNode {
  const text = useWords();
  const language = useLanguage();
  const [isOpen, setOpen] = useState(false);
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(row.begin);
  const facts = [
    row.end ? duration(row.end - row.begin) : "",
    row.agents.join(", "),
    row.rating ? text("chats.history.stars", { count: row.rating }) : "",
    row.note ?? "",
  ];
  const head = `${text(`chats.history.${row.medium}`)} · ${day} ${timeOfDay(row.begin, language)}`;
  return (
    <li data-testid="history-row" data-medium={row.medium}>
      {row.medium === "text" ? (
        <Button size="compact-sm" variant="subtle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {head}
        </Button>
      ) : (
        head
      )}
      <p className={css.help}>{facts.filter(Boolean).join(" · ")}</p>
      {isOpen ? <Past contact={row.contact} /> : null}
    </li>
  );
}

function History({ chat }: { chat: DeskChat }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const pages = useInfiniteQuery({
    queryKey: ["chat-history", chat.channel, chat.customer],
    queryFn: async ({ pageParam }) =>
      (await store?.client.history(chat.channel, chat.customer, pageParam)) ?? { contacts: [], before: null },
    initialPageParam: null as string | null,
    getNextPageParam: ({ before }) => before,
  });
  const rows = (pages.data?.pages.flatMap(({ contacts }) => contacts) ?? []).filter(
    ({ contact }) => contact !== chat.contact,
  );
  return (
    <>
      <h2>{text("chats.history")}</h2>
      {pages.isError ? <p className={css.bad}>{text("chats.history.failed")}</p> : null}
      {pages.isPending ? <p className={css.help}>{text("chats.loading")}</p> : null}
      {pages.isSuccess && !rows.length ? <p className={css.help}>{text("chats.history.none")}</p> : null}
      <ul className={css.history}>
        {rows.map((row) => (
          <Row key={row.contact} row={row} />
        ))}
      </ul>
      {pages.hasNextPage ? (
        <Button size="compact-sm" variant="default" onClick={() => void pages.fetchNextPage()}>
          {text("chats.history.more")}
        </Button>
      ) : null}
    </>
  );
}

export function ChatSide({ chat }: { chat: DeskChat }): ReactNode {
  const text = useWords();
  return (
    <div className={css.side} data-testid="chat-side">
      {chat.data ? (
        <>
          <h2>{text("chats.customer")}</h2>
          <p data-testid="chat-data">{chat.data}</p>
        </>
      ) : null}
      <Note key={chat.contact} contact={chat.contact} />
      <History key={chat.customer} chat={chat} />
    </div>
  );
}
