/** A file in a message: a small picture, a player, or a name to save. Nothing of it runs in this page. */

import type { ChatMessage } from "@opencec/api-client";
import { Icon } from "@opencec/ui";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "../parts/context";
import css from "./chats.module.css";
import { useChatStore } from "./context";
import type { ChatStore } from "./store";

/** Only these show inside the page; everything else is saved. */
const SHOWN = /^(image\/(png|jpeg|gif|webp|bmp)|audio\/|video\/)/;
const KEPT_MS = 60_000;

async function save(store: ChatStore, file: { id: string; name: string }): Promise<void> {
  const whole = await store.fetchFile(file.id);
  const url = URL.createObjectURL(new Blob([whole], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

/** The address of a file's content, once it is wanted; `null`: it could not be loaded. */
function useContent(message: ChatMessage, isWanted: boolean): string | null {
  const store = useChatStore();
  const [url, setUrl] = useState<string | null>("");
  const id = message.file?.id;
  const thumbnail = message.mediaType === "IMAGE" && Boolean(message.file?.thumbnail);
  useEffect(() => {
    if (!isWanted || !store || !id) return;
    let made = "";
    let isGone = false;
    const show = (blob: Blob) => {
      if (isGone) return;
      made = URL.createObjectURL(blob);
      setUrl(made);
    };
    store.fetchFile(id, { thumbnail }).then(show, () => setUrl(null));
    return () => {
      isGone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [store, id, isWanted, thumbnail]);
  return url;
}

function Player({ message, url }: { message: ChatMessage; url: string }): ReactNode {
  const name = message.file?.name;
  // biome-ignore lint/a11y/useMediaCaption: a customer's words have no captions
  if (message.mediaType === "AUDIO") return <audio controls src={url} aria-label={name} />;
  // biome-ignore lint/a11y/useMediaCaption: a customer's film has no captions
  return <video controls src={url} aria-label={name} />;
}

export function FilePart({ message }: { message: ChatMessage }): ReactNode {
  const text = useWords();
  const store = useChatStore();
  const { file, mediaType } = message;
  const isPicture = mediaType === "IMAGE";
  const plays = !isPicture && mediaType !== "DOCUMENT" && SHOWN.test(file?.type ?? "");
  const [isWanted, setWanted] = useState(isPicture && SHOWN.test(file?.type ?? ""));
  const [isBroken, setBroken] = useState(false);
  const url = useContent(message, isWanted);
  if (!file || !store) return null;
  const { name } = file;
  const keep = () => void save(store, file).catch(() => setBroken(true));
  if (url && plays)
    return (
      <div className={css.bubble} data-testid="chat-file">
        <Player message={message} url={url} />
      </div>
    );
  return (
    <div className={css.bubble} data-testid="chat-file">
      <button
        type="button"
        className={css.file}
        onClick={plays ? () => setWanted(true) : keep}
        aria-label={text(plays ? "chats.play" : "chats.save", { name })}
      >
        {url ? (
          <img src={url} alt={text("chats.picture", { name })} />
        ) : (
          <>
            <Icon name={plays ? "play" : "external"} size={18} />
            {name}
          </>
        )}
      </button>
      {isBroken || url === null ? (
        <p className={css.bad} role="alert">
          {text("chats.file.failed")}
        </p>
      ) : null}
    </div>
  );
}
