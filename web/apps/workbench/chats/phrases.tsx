/** Quick replies: `/` at the start of a message and some letters find them. */

import type { Phrase } from "@opencec/api-client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useView, useWords } from "../parts/context";
import css from "./chats.module.css";
import { useChatStore } from "./context";

const SHOWN = 20;

export const isSearch = (draft: string): boolean => /^\/[^\n]*$/.test(draft);

/** What fits the typed words, titles first. */
export function fitting(phrases: readonly Phrase[], draft: string): Phrase[] {
  const wanted = draft.slice(1).trim().toLowerCase();
  const has = (text: string) => text.toLowerCase().includes(wanted);
  const titles = phrases.filter(({ title }) => has(title));
  return [...titles, ...phrases.filter((phrase) => !titles.includes(phrase) && has(phrase.text))].slice(
    0,
    SHOWN,
  );
}

export function usePhrases(draft: string): Phrase[] {
  const store = useChatStore();
  const { account } = useView();
  const { data } = useQuery({
    queryKey: ["phrases", account?.workno],
    queryFn: async () => (await store?.client.phrases()) ?? [],
    enabled: store !== null && isSearch(draft),
    staleTime: 60_000,
  });
  return isSearch(draft) ? fitting(data ?? [], draft) : [];
}

interface PhraseListProps {
  phrases: readonly Phrase[];
  at: number;
  onTake: (phrase: Phrase) => void;
}

export function PhraseList({ phrases, at, onTake }: PhraseListProps): ReactNode {
  const text = useWords();
  if (!phrases.length) return <p className={css.phrases}>{text("chats.phrases.none")}</p>;
  return (
    <div
      className={css.phrases}
      role="listbox"
      id="phrases"
      aria-label={text("chats.phrases")}
      data-testid="phrases"
    >
      {phrases.map((phrase, index) => (
        <div
          key={phrase.id}
          id={`phrase-${index}`}
          className={css.phrase}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          // The field keeps the focus: a click must not take it.
          onMouseDown={(event) => {
            event.preventDefault();
            onTake(phrase);
          }}
        >
          {phrase.title}
          <span>{phrase.text}</span>
          {phrase.isOwn && index === at ? <span>{text("chats.phrases.drop")}</span> : null}
        </div>
      ))}
    </div>
  );
}
