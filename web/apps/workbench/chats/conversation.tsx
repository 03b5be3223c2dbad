/** The open chat: who it is, what can be done, what was said, and where to write. */

import { Button } from "@mantine/core";
import type { DeskChat } from "@opencec/api-client";
import { type ReactNode, useEffect, useState } from "react";
import { useView, useWords } from "../parts/context";
import css from "./chats.module.css";
import { Composer } from "./composer";
import { useChatStore, useChats } from "./context";
import { Messages } from "./messages";
import { nameOf } from "./model";
import { TransferChat } from "./transfer";

/** The chat that is open, also when it has just ended; null: none is. */
export function useChosen(): DeskChat | null {
  const { chosen, chats, ended } = useChats();
  return chats.find(({ contact }) => contact === chosen) ?? (ended?.contact === chosen ? ended : null);
}

function Actions({ chat }: { chat: DeskChat }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const [asks, setAsks] = useState<"end" | "transfer" | null>(null);
  const [isInvited, setInvited] = useState(false);
  const name = nameOf(chat, (code) => text("chats.guest", { code }));
  const { contact } = chat;
  if (asks === "end")
    return (
      <span role="alertdialog" aria-label={text("chats.end.sure", { name })}>
        {text("chats.end.sure", { name })}{" "}
        <Button
          size="compact-sm"
          color="red"
          onClick={() => {
            setAsks(null);
            void store?.end(contact);
          }}
          data-testid="chat-end-yes"
        >
          {text("chats.end")}
        </Button>{" "}
        <Button size="compact-sm" variant="default" onClick={() => setAsks(null)}>
          {text("chats.end.no")}
        </Button>
      </span>
    );
  return (
    <>
      {chat.transferTo ? (
        <span className={css.help}>{text("chats.transfer.done", { name: chat.transferTo })}</span>
      ) : null}
      <Button
        size="compact-sm"
        variant="default"
        disabled={isInvited}
        onClick={() => void store?.inviteRating(contact).then(setInvited)}
        data-testid="chat-rating"
      >
        {text(isInvited ? "chats.rating.asked" : "chats.rating")}
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => setAsks("transfer")}
        data-testid="chat-transfer-open"
      >
        {text("chats.transfer")}
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => setAsks("end")} data-testid="chat-end">
        {text("chats.end")}
      </Button>
      {asks === "transfer" ? <TransferChat chat={chat} onClose={() => setAsks(null)} /> : null}
    </>
  );
}

function Foot({ chat, isOver }: { chat: DeskChat; isOver: boolean }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const { contact } = chat;
  if (isOver)
    return (
      <div className={css.composer}>
        <p role="status">{text("chats.ended")}</p>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => store?.choose(null)}
          data-testid="chat-close"
        >
          {text("chats.close")}
        </Button>
      </div>
    );
  if (chat.state === "offered")
    return (
      <div className={css.composer}>
        <Button color="green" onClick={() => void store?.answer(contact)}>
          {text("chats.answer")}
        </Button>
        <Button variant="default" onClick={() => void store?.reject(contact)}>
          {text("chats.reject")}
        </Button>
      </div>
    );
  return <Composer key={contact} chat={chat} />;
}

export function Conversation({ chat }: { chat: DeskChat }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const { ended, failed } = useChats();
  const { account } = useView();
  const { contact } = chat;
  const isOver = ended?.contact === contact;
  const queue = account?.queues.find(({ id }) => id === chat.queue)?.name;
  useEffect(() => {
    const look = () => {
      if (!document.hidden) store?.read(contact);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [store, contact]);
  return (
    <section className={css.chat} data-testid="conversation" data-contact={contact}>
      <header className={css.bar}>
        <h2>
          {nameOf(chat, (code) => text("chats.guest", { code }))}
          <small>{[chat.channelType, queue].filter(Boolean).join(" · ")}</small>
        </h2>
        {isOver || chat.state === "offered" ? null : <Actions key={contact} chat={chat} />}
      </header>
      {failed?.contact === contact ? (
        <p className={css.problem} role="alert" data-testid="chat-problem">
          {text("chats.failed", {
            reason: failed.code === "lost" ? text("chats.lostReason") : failed.message || failed.code,
          })}
        </p>
      ) : null}
      <Messages key={contact} chat={chat} />
      <Foot chat={chat} isOver={isOver} />
    </section>
  );
}
