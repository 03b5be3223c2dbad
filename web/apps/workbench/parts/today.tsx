/** The agent's calls of the day and those that were missed, as the server knows them, page by page. */

import { Button, SegmentedControl } from "@mantine/core";
import type { ContactPage, DeskContact } from "@opencec/api-client";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import type { LogEntry } from "../session/model";
import { LogRow } from "./contacts";
import css from "./contacts.module.css";
import { useSession, useView, useWords } from "./context";

type Kind = "all" | "missed";
/** Focusable, so that a keyboard can scroll it. */
const SCROLLABLE = { tabIndex: 0 };
const PAGE = 30;
/** The server writes a contact down a moment after its end. */
const SETTLED_AFTER_MS = 900;
/** One stay at this agent, told by this page and by the server, begins at about the same time. */
const SAME_MS = 10_000;
const MISSED = new Set(["missed", "rejected"]);

const midnight = (now: number): number => new Date(now).setHours(0, 0, 0, 0);

export const toEntry = (row: DeskContact): LogEntry => ({
  callid: row.callid,
  number: row.number,
  queue: row.queue,
  outbound: row.direction === "outbound",
  internal: row.direction === "internal",
  at: row.begin,
  talkedMs: row.answer === null ? null : Math.max(0, row.end - row.answer),
  outcome: row.outcome,
});

/** The server's rows, and those of this session that it does not have yet. What this page saw is the better word. */
export function merge(rows: readonly LogEntry[], session: readonly LogEntry[]): LogEntry[] {
  const same = (a: LogEntry, b: LogEntry) => a.callid === b.callid && Math.abs(a.at - b.at) < SAME_MS;
  const known = rows.map((row) => {
    const seen = session.find((each) => same(each, row));
    return seen ? { ...row, outcome: seen.outcome } : row;
  });
  const fresh = session.filter((each) => !rows.some((row) => same(each, row)));
  return [...fresh, ...known].sort((a, b) => b.at - a.at);
}

function usePages(kind: Kind) {
  const session = useSession();
  const { account, model, follows } = useView();
  const queries = useQueryClient();
  const newest = model.log[0];
  const key = ["contacts", account?.workno, kind];
  const pages = useInfiniteQuery<ContactPage>({
    queryKey: key,
    queryFn: async ({ pageParam }) => {
      const since = kind === "all" ? midnight(session.clock.now()) : undefined;
      const query = { kind, since, limit: PAGE, after: pageParam as string | null };
      return (await session.desk?.contacts(query)) ?? { contacts: [], after: null };
    },
    initialPageParam: null,
    getNextPageParam: ({ after }) => after,
    enabled: session.desk !== null && !follows,
    staleTime: 30_000,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new entry makes the list old
  useEffect(() => {
    const timer = setTimeout(
      () => void queries.invalidateQueries({ queryKey: ["contacts"] }),
      SETTLED_AFTER_MS,
    );
    return () => clearTimeout(timer);
  }, [newest?.callid, newest?.at]);
  return pages;
}

export function Today(): ReactNode {
  const text = useWords();
  const [kind, setKind] = useState<Kind>("all");
  const { log } = useView().model;
  const pages = usePages(kind);
  const rows = (pages.data?.pages ?? []).flatMap(({ contacts }) => contacts.map(toEntry));
  const mine = kind === "all" ? log : log.filter(({ outcome }) => MISSED.has(outcome));
  const shown = merge(rows, mine);
  return (
    <section className={`${css.section} ${css.today}`} aria-labelledby="today-heading">
      <h2 id="today-heading" className="sr-only">
        {text("today.heading")}
      </h2>
      <SegmentedControl
        aria-label={text("today.kind")}
        size="xs"
        fullWidth
        value={kind}
        onChange={(next) => setKind(next as Kind)}
        data={[
          { value: "all", label: text("today.all") },
          { value: "missed", label: text("today.missed") },
        ]}
        data-testid="today-kind"
      />
      {shown.length ? (
        <ul
          className={`${css.list} ${css.scroll}`}
          {...SCROLLABLE}
          aria-labelledby="today-heading"
          data-testid="log"
        >
          {shown.map((entry) => (
            <LogRow key={`${entry.callid}-${entry.at}`} entry={entry} />
          ))}
          {pages.hasNextPage ? (
            <li className={css.more}>
              <Button
                size="compact-sm"
                variant="subtle"
                loading={pages.isFetchingNextPage}
                onClick={() => void pages.fetchNextPage()}
                data-testid="today-more"
              >
                {text("today.more")}
              </Button>
            </li>
          ) : null}
        </ul>
      ) : (
        <p className={css.empty}>{text(kind === "all" ? "today.empty" : "today.empty.missed")}</p>
      )}
    </section>
  );
}
