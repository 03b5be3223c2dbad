/** A plain shop page with our chat, as a customer meets it. */

import { serverInfo } from "@opencec/api-client";
import { Banner, Header, useLanguage, useText } from "@opencec/ui";
import "@opencec/web-chat";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import type { ShopKey } from "./locales/en";
import css from "./page.module.css";

const WARES = ["city", "cargo", "folding"] as const;
/** Two wheels, and a frame that tells the wares apart. */
const FRAMES = {
  city: "M70 90 95 45h45l30 45M95 45l30 45h-55M140 45l-8-16h18",
  cargo: "M60 90 90 50h30l15 40h-75M135 90V62h65l-8 28M120 50l-6-16h16",
  folding: "M75 90 110 60l45 30M110 60V28h16M155 90V34h-14",
};

/** The element is made once for each language: it keeps its chat by itself. */
function Chat({ channel }: { channel: string }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const language = useLanguage();
  useEffect(() => {
    const chat = document.createElement("opencec-chat");
    chat.server = location.origin;
    chat.channel = channel;
    chat.locale = language;
    chat.theme = document.documentElement.dataset.mantineColorScheme === "dark" ? "dark" : "light";
    const scheme = new MutationObserver(() => {
      chat.theme = document.documentElement.dataset.mantineColorScheme === "dark" ? "dark" : "light";
    });
    scheme.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    place.current?.append(chat);
    return () => {
      scheme.disconnect();
      chat.remove();
    };
  }, [channel, language]);
  return <div ref={place} />;
}

export function ChatDemoPage(): ReactNode {
  const text = useText<ShopKey>();
  useEffect(() => {
    document.title = text("shop.title");
  }, [text]);
  const info = useQuery({ queryKey: ["info"], queryFn: serverInfo, retry: true });
  const channel = info.data?.web_channels?.[0]?.id;
  return (
    <>
      <Header />
      {info.data && !channel ? (
        <Banner kind="info" title={text("shop.absent")} testId="no-chat">
          {text("shop.absent.text")}
        </Banner>
      ) : null}
      <main className={css.main} data-testid="chat-demo">
        <h1>{text("shop.heading")}</h1>
        <p className={css.lead}>{text("shop.lead")}</p>
        <ul className={css.wares}>
          {WARES.map((ware) => (
            <li key={ware}>
              <svg viewBox="0 0 240 120" fill="none" stroke="currentColor" strokeWidth="5" aria-hidden="true">
                <circle cx="70" cy="90" r="24" />
                <circle cx="170" cy="90" r="24" />
                <path d={FRAMES[ware]} />
              </svg>
              <h2>{text(`shop.${ware}`)}</h2>
              <p>{text(`shop.${ware}.text`)}</p>
            </li>
          ))}
        </ul>
        <a href="/workbench" target="_blank" rel="noopener">
          {text("shop.agent")}
        </a>
      </main>
      {channel ? <Chat channel={channel} /> : null}
    </>
  );
}
