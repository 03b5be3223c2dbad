/** The conversation: only its newest part is in the page, older parts come as the agent asks for them. */

import { Button } from "@mantine/core";
import type { ChatMessage, DeskChat } from "@opencec/api-client";
import { timeOfDay, useLanguage } from "@opencec/ui";
import { memo, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { useWords } from "../parts/context";
import css from "./chats.module.css";
import { useChatStore, useChats } from "./context";
import { FilePart } from "./file_part";
import type { Outgoing } from "./memory";
import { nameOf, threadOf } from "./model";

const STEP = 80;
/** Distance from the end below which new messages scroll into view. */
const AT_END_PX = 80;

interface MessageProps {
  message: ChatMessage;
  isRead: boolean;
}

export const MessageRow = memo(function MessageRow({ message, isRead }: MessageProps): ReactNode {
  const text = useWords();
  const language = useLanguage();
  const { source, senderName, content, file, at, number } = message;
  return (
    <li className={css.message} data-testid="message" data-number={number} data-source={source}>
      {file ? <FilePart message={message} /> : <div className={css.bubble}>{content}</div>}
      {source === "system" ? null : (
        <div className={css.meta}>
          <span>{senderName}</span>
          <time dateTime={new Date(at).toISOString()}>{timeOfDay(at, language)}</time>
          {source === "agent" ? (
            <span data-testid="receipt">{text(isRead ? "chats.read" : "chats.sent")}</span>
          ) : null}
        </div>
      )}
    </li>
  );
});

function OutgoingRow({ entry }: { entry: Outgoing }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const { post, name, refused } = entry;
  return (
    <li className={css.message} data-testid="outgoing" data-source="agent">
      <div className={css.bubble}>{name ?? post.content}</div>
      <div className={css.meta}>
        {refused ? (
          <>
            <span className={css.bad} role="alert">
              {text("chats.refused", { reason: refused.message || refused.code })}
            </span>
            <button type="button" onClick={() => store?.again(post.key)}>
              {text("chats.again")}
            </button>
            <button type="button" onClick={() => store?.discard(post.key)}>
              {text("chats.discard")}
            </button>
          </>
        ) : (
          text("chats.sending")
        )}
      </div>
    </li>
  );
}

export function Messages({ chat }: { chat: DeskChat }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const view = useChats();
  const { contact, readNumber } = chat;
  const thread = threadOf(view, contact);
  const outgoing = view.outgoing.filter((entry) => entry.contact === contact);
  const [shown, setShown] = useState(STEP);
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const last = thread.messages.at(-1)?.number ?? 0;
  const name = nameOf(chat, (code) => text("chats.guest", { code }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was added decides, not what is read
  useLayoutEffect(() => {
    const element = log.current;
    if (element && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [last, outgoing.length, thread.isLoaded, thread.typing]);
  const hidden = Math.max(0, thread.messages.length - shown);
  const older = () => {
    if (!hidden) void store?.older(contact);
    setShown(shown + STEP);
  };
  return (
    <div
      ref={log}
      className={css.log}
      role="log"
      aria-label={text("chats.log", { name })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: focusable, so that a keyboard can scroll it
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < AT_END_PX;
      }}
      data-testid="conversation-log"
    >
      {hidden || thread.hasOlder ? (
        <Button size="compact-sm" variant="subtle" onClick={older}>
          {text("chats.older")}
        </Button>
      ) : null}
      {thread.isLoaded ? null : <p role="status">{text("chats.loading")}</p>}
      <ol className={css.messages}>
        {thread.messages.slice(hidden).map((message) => (
          <MessageRow key={message.number} message={message} isRead={message.number <= readNumber} />
        ))}
        {outgoing.map((entry) => (
          <OutgoingRow key={entry.post.key} entry={entry} />
        ))}
      </ol>
      {thread.typing ? (
        <p className={css.help} role="status" data-testid="typing">
          {text("chats.typing", { name })}
        </p>
      ) : null}
    </div>
  );
}
