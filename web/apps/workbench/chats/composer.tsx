/** Where the agent writes: a draft for each chat, quick replies, files, pictures by paste and drop, voice. */

import { ActionIcon, Button } from "@mantine/core";
import type { DeskChat, Phrase } from "@opencec/api-client";
import { Icon } from "@opencec/ui";
import { useQueryClient } from "@tanstack/react-query";
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useWords } from "../parts/context";
import css from "./chats.module.css";
import { useChatStore, useChats } from "./context";
import { nameOf } from "./model";
import { isSearch, PhraseList, usePhrases } from "./phrases";
import { Voice } from "./voice";

const LONGEST = 4_000;
const TITLE_LENGTH = 40;

function Uploads({ contact }: { contact: string }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const { uploads } = useChats();
  const own = uploads.filter((each) => each.contact === contact);
  if (!own.length) return null;
  return (
    <div className={css.uploads}>
      {own.map(({ key, name, part, failed }) =>
        failed ? (
          <p key={key} className={css.bad} role="alert">
            {text("chats.upload.failed", { name, reason: failed })}{" "}
            <Button size="compact-xs" variant="default" onClick={() => store?.dismissUpload(key)}>
              {text("chats.discard")}
            </Button>
          </p>
        ) : (
          <label key={key}>
            {text("chats.uploading", { name, percent: Math.round(part * 100) })}
            <progress max={1} value={part} />
          </label>
        ),
      )}
    </div>
  );
}

/** The chosen quick reply, and what the keys do while the list is open. */
function usePhraseKeys(draft: string, take: (phrase: Phrase) => void) {
  const phrases = usePhrases(draft);
  const store = useChatStore();
  const queries = useQueryClient();
  const drop = async (id: string) => {
    await store?.client.dropPhrase(id).catch(() => undefined);
    await queries.invalidateQueries({ queryKey: ["phrases"] });
  };
  const [wished, setAt] = useState(0);
  const at = Math.min(wished, Math.max(0, phrases.length - 1));
  /** True when the key was for the list. */
  const key = (event: KeyboardEvent): boolean => {
    if (!isSearch(draft)) return false;
    const phrase = phrases[at];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !event.altKey && phrases.length) setAt((at + step + phrases.length) % phrases.length);
    else if ((event.key === "Enter" || event.key === "Tab") && phrase) {
      setAt(0);
      take(phrase);
    } else if (event.key === "Delete" && event.shiftKey && phrase?.isOwn) void drop(phrase.id);
    else return false;
    event.preventDefault();
    return true;
  };
  return { phrases, at, key };
}

export function Composer({ chat }: { chat: DeskChat }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const queries = useQueryClient();
  const { contact } = chat;
  const [draft, setDraft] = useState(() => store?.draft(contact) ?? "");
  const area = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const write = (next: string) => {
    setDraft(next);
    store?.setDraft(contact, next);
  };
  const list = usePhraseKeys(draft, (phrase) => write(phrase.text));
  const send = () => {
    store?.say(contact, draft);
    setDraft("");
    area.current?.focus();
  };
  const sendFiles = (files: Iterable<File>) => {
    for (const file of files) void store?.sendFile(contact, file, file.name);
  };
  const keepPhrase = async () => {
    const phrase = {
      id: crypto.randomUUID(),
      title: draft.trim().slice(0, TITLE_LENGTH),
      text: draft.trim(),
    };
    await store?.client.keepPhrase(phrase).catch(() => undefined);
    await queries.invalidateQueries({ queryKey: ["phrases"] });
  };
  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (list.key(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.altKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const paste = (event: ClipboardEvent) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    sendFiles(event.clipboardData.files);
  };
  const name = nameOf(chat, (code) => text("chats.guest", { code }));
  return (
    <>
      <Uploads contact={contact} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping has its twin, the button */}
      <div
        className={css.composer}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          sendFiles(event.dataTransfer.files);
        }}
      >
        {isSearch(draft) ? (
          <PhraseList phrases={list.phrases} at={list.at} onTake={(phrase) => write(phrase.text)} />
        ) : null}
        <ActionIcon
          size="lg"
          variant="default"
          onClick={() => chooser.current?.click()}
          aria-label={text("chats.file")}
          title={text("chats.file")}
        >
          <Icon name="attach" size={18} />
        </ActionIcon>
        <input
          ref={chooser}
          className={css.hidden}
          type="file"
          multiple
          aria-label={text("chats.file")}
          onChange={({ currentTarget }) => {
            sendFiles(currentTarget.files ?? []);
            currentTarget.value = "";
          }}
          data-testid="chat-file-input"
        />
        <Voice onSound={(sound, file) => void store?.sendFile(contact, sound, file)} />
        <textarea
          ref={area}
          rows={1}
          maxLength={LONGEST}
          value={draft}
          aria-label={text("chats.write", { name })}
          placeholder={text("chats.write", { name })}
          aria-controls={isSearch(draft) ? "phrases" : undefined}
          aria-activedescendant={isSearch(draft) && list.phrases.length ? `phrase-${list.at}` : undefined}
          onChange={({ currentTarget }) => write(currentTarget.value)}
          onKeyDown={press}
          onPaste={paste}
          data-testid="chat-input"
        />
        {draft.trim() && !isSearch(draft) ? (
          <ActionIcon
            size="lg"
            variant="default"
            onClick={() => void keepPhrase()}
            aria-label={text("chats.phrases.keep")}
            title={text("chats.phrases.keep")}
          >
            <Icon name="check" size={18} />
          </ActionIcon>
        ) : null}
        <Button onClick={send} disabled={!draft.trim() || isSearch(draft)} data-testid="chat-send">
          {text("chats.send")}
        </Button>
      </div>
    </>
  );
}
