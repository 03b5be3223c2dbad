/** The chats for every part of the page: one store for each session, with sound and notification. */

import { ringOnce } from "@opencec/softphone";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { useSession, useView, useWords } from "../parts/context";
import { type ChatsView, EMPTY, nameOf } from "./model";
import { type Alert, ChatStore } from "./store";

const StoreContext = createContext<ChatStore | null>(null);

function notify(alert: Alert, title: string): Notification | null {
  if (typeof Notification === "undefined" || Notification.permission !== "granted" || !document.hidden)
    return null;
  return new Notification(title, {
    body: alert.text.slice(0, 120),
    tag: `opencec-chat-${alert.chat.contact}`,
  });
}

/** Sounds at an offer and at words that the agent does not see, and says so on the desktop when the page is hidden. */
function useAlerts(store: ChatStore | null): void {
  const text = useWords();
  useEffect(() => {
    if (!store) return;
    let sound: AudioContext | null = null;
    store.onAlert = (alert) => {
      sound ??= typeof AudioContext === "undefined" ? null : new AudioContext();
      if (sound?.state === "running") ringOnce(sound);
      else void sound?.resume().then(() => ringOnce(sound));
      const name = nameOf(alert.chat, (code) => text("chats.guest", { code }));
      const shown = notify(
        alert,
        text(alert.kind === "offer" ? "chats.notify.offer" : "chats.notify.message", { name }),
      );
      if (!shown) return;
      shown.onclick = () => {
        window.focus();
        if (alert.kind === "message") store.choose(alert.chat.contact);
        shown.close();
      };
    };
    return () => {
      store.onAlert = () => undefined;
      void sound?.close();
    };
  }, [store, text]);
}

export function ChatsProvider({ children }: { children: ReactNode }): ReactNode {
  const session = useSession();
  const { account, follows } = useView();
  const workno = account?.workno ?? "";
  const client = follows ? null : (session.desk?.chats ?? null);
  const store = useMemo(() => (client && workno ? new ChatStore(client, workno) : null), [client, workno]);
  useEffect(() => {
    store?.start();
    return () => store?.stop();
  }, [store]);
  useAlerts(store);
  return <StoreContext value={store}>{children}</StoreContext>;
}

/** Null in a tab that only follows another one. */
export const useChatStore = (): ChatStore | null => useContext(StoreContext);

const nothing = () => () => undefined;
const empty = () => EMPTY;

export function useChats(): ChatsView {
  const store = useChatStore();
  return useSyncExternalStore(store?.subscribe ?? nothing, store?.view ?? empty);
}
